"""The HAProxy processes of one router: the one that accepts, and older ones that finish.

Each is a plain worker, without HAProxy's master: a master is one more process whose death takes the
workers along, it has to be told twice to load another binary, and it says less clearly why it would
not load a configuration. A worker is replaced by a new one that gets the listening sockets from it
(``-x``) and then tells it to finish (``-sf``); it goes when its last connection does.
"""

import asyncio
import shutil
import signal
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from convox.errors import RouterError
from convox.host.clock import Clock
from convox.host.commands import run
from convox.host.files import read_json, write_atomically, write_json
from convox.host.listeners import listener
from convox.host.ports import is_free
from convox.host.processes import Pid, find_using, identify, lives, send, spawn_detached
from convox.router.haproxy_config import Settings

_PATIENCE = 10.0  # seconds for a worker to accept, and to end
_ANSWER = 5.0  # seconds for an answer of the admin socket
_POLL = 0.02  # seconds
_PLACES = ("/usr/sbin", "/usr/local/sbin")  # where distributions put it, often not on PATH
_BATCH = 8000  # bytes of commands sent at a time; HAProxy takes 16384


class Workers:
    """The processes, remembered in ``workers.json``."""

    def __init__(self, settings: Settings, clock: Clock, binary: Path | None) -> None:
        self._settings = settings
        self._clock = clock
        self._binary = binary
        self._record = settings.directory / "workers.json"
        self._log = settings.directory / "haproxy.log"

    def accepting(self) -> Pid | None:
        """Return the worker that takes connections, if it lives."""
        pid, _ = self._read()
        return pid if pid and lives(pid) else None

    def finishing(self) -> list[Pid]:
        """Return the older workers that still have connections."""
        _, older = self._read()
        return [pid for pid in older if lives(pid)]

    async def adopt(self) -> Pid | None:
        """Return the worker that accepts and answers, also one whose start was not remembered."""
        try:
            answering = identify(await self._answering())
        except RouterError:
            return None
        known = self.accepting()
        if answering and answering != known:
            self._write(answering, [*self.finishing(), *([known] if known else [])])
        return answering

    async def load(self, configuration: str, host_map: str) -> None:
        """Run a worker with this configuration, in place of the present one if there is one.

        Where HAProxy refuses the configuration, everything stays as it was.
        """
        write_atomically(self._settings.hosts, host_map)
        await self._check(configuration)
        write_atomically(self._configuration, configuration)
        sockets: list[str | Path] = ["-x", self._settings.admin] if await self.adopt() else []
        old, older = self.accepting(), self.finishing()
        if old is None:
            self._need_ports()
        finish = ["-sf", str(old.number)] if old else []
        new = spawn_detached([*self._command(), *sockets, *finish], log=self._log)
        self._write(new, [*older, old] if old else older)
        try:
            await self._until_accepting(new)
        except RouterError:
            send(new, signal.SIGKILL)
            self._write(old, older)
            raise

    async def stop(self) -> None:
        """End all workers now, with whatever they have open."""
        await self.adopt()
        accepting = self.accepting()
        pids = [*self.finishing(), *([accepting] if accepting else [])]
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in pids:
                send(pid, number)
            await self._until_gone(pids)
        self._write(None, [])

    async def ask(self, command: str) -> str:
        """Return what the accepting worker answers to one line of commands."""
        try:
            async with asyncio.timeout(_ANSWER):
                reader, writer = await asyncio.open_unix_connection(self._settings.admin)
                writer.write(command.encode() + b"\n")
                try:
                    return (await reader.read()).decode()
                finally:
                    writer.close()
        except (OSError, TimeoutError) as error:
            raise RouterError(f"cannot ask haproxy: {error!r}, see {self._log}") from error

    async def tell(self, commands: Iterable[str]) -> None:
        """Send commands whose answers do not matter."""
        line = ""
        for command in commands:
            if len(line) + len(command) > _BATCH:
                await self.ask(line)
                line = ""
            line = f"{line};{command}" if line else command
        if line:
            await self.ask(line)

    @property
    def _configuration(self) -> Path:
        return self._settings.directory / "haproxy.cfg"

    def _read(self) -> tuple[Pid | None, list[Pid]]:
        try:
            record = read_json(self._record)
            accepting = record["accepting"]
            older = [Pid(**pid) for pid in record["finishing"]]
        except FileNotFoundError:
            return None, []
        except (ValueError, TypeError, KeyError):
            return None, self._found()
        return Pid(**accepting) if accepting else None, older

    def _found(self) -> list[Pid]:
        """Return the workers that run, where it is not known any more which of them accepts."""
        return list(find_using("-f", str(self._configuration)))

    def _write(self, accepting: Pid | None, finishing: list[Pid]) -> None:
        record = {
            "accepting": asdict(accepting) if accepting else None,
            "finishing": [asdict(pid) for pid in finishing],
        }
        write_json(self._record, record)

    def _command(self) -> list[str | Path]:
        return [self._binary or find_haproxy(), "-q", "-db", "-f", self._configuration]

    async def _check(self, configuration: str) -> None:
        draft = self._settings.directory / "haproxy.cfg.draft"
        write_atomically(draft, configuration)
        command = [*self._command()[:1], "-c", "-f", draft]
        result = await run(command)
        if result.status != 0:
            raise RouterError(f"cannot load the router's configuration: {result.output.strip()}")
        draft.unlink()

    def _need_ports(self) -> None:
        settings = self._settings
        ports = {
            "HttpPort": settings.http_port,
            "HttpsPort": settings.https_port,
            "ApiPort": settings.api_port,
        }
        for name, port in ports.items():
            if not is_free(settings.listen, port):
                holder = listener(port) or "another program"
                raise RouterError(
                    f"cannot listen on {settings.listen}:{port}, the rack's {name}: {holder} does;"
                    " stop it, and start the rack again"
                )

    async def _until_accepting(self, pid: Pid) -> None:
        end = self._clock.monotonic() + _PATIENCE
        while not await self._accepts(pid):
            if not lives(pid) or self._clock.monotonic() > end:
                last = self._log.read_text(errors="replace").strip()[-1000:]
                raise RouterError(f"cannot start haproxy: it does not accept connections\n{last}")
            await self._clock.sleep(_POLL)

    async def _accepts(self, pid: Pid) -> bool:
        try:
            return await self._answering() == pid.number
        except RouterError:
            return False

    async def _answering(self) -> int:
        """Return the number of the process behind the admin socket."""
        answer = await self.ask("show info")
        numbers = [line.split()[1] for line in answer.splitlines() if line.startswith("Pid:")]
        if not numbers:
            raise RouterError(f"cannot ask haproxy: it does not say who it is, see {self._log}")
        return int(numbers[0])

    async def _until_gone(self, pids: Iterable[Pid]) -> None:
        end = self._clock.monotonic() + _PATIENCE
        while any(lives(pid) for pid in pids) and self._clock.monotonic() < end:
            await self._clock.sleep(_POLL)


def find_haproxy() -> Path:
    """Return the program; ``RouterError`` where this machine has none."""
    found = shutil.which("haproxy")
    candidates = [Path(found)] if found else [Path(place, "haproxy") for place in _PLACES]
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise RouterError(
        "cannot find haproxy: it is not installed; install it with the system's packages"
    )
