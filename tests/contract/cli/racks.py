"""Racks with real APIs, and a person who knows them all."""

import asyncio
import contextlib
import json
import ssl
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from tests.contract.api.rack import ApiRack
from tests.contract.api.raw import PASSWORD

from convox.cli.machine import Machine
from convox.cli.main import run
from convox.state import facts
from convox.update import journal
from convox.update.update import Update, UpdateEvent


class Hurried(Machine):
    """A machine on which a sleep is over soon, and was a minute by its clock."""

    slept = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.slept

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, 0.05))
        self.slept += 60.0


@dataclass
class Ended:
    status: int
    out: str
    err: str


@dataclass
class Racks:
    """Racks, and a person who knows them all. An update on one of ``broken`` is undone, so why.

    ``host`` is the one that commands are for that name no rack, ``machine`` the one they run on.
    """

    home: Path
    made: dict[str, ApiRack] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    host: str = ""
    machine: type[Machine] = Hurried

    async def type(self, line: str) -> Ended:
        return await asyncio.to_thread(self._run, line)

    def versions(self) -> dict[str, str]:
        return {name: made.use.updates.version() for name, made in self.made.items()}

    async def carry_out(self, name: str) -> None:
        made = self.made[name]
        while True:
            with made.database.look() as connection:
                update = journal.active(connection)
            if update:
                self.begun.append(name)
                self._end(name, update)
            await asyncio.sleep(0.02)

    def _end(self, name: str, update: Update) -> None:
        made, cause = self.made[name], self.broken.get(name, "")
        undone = {UpdateEvent.STEP_FAILED: cause, UpdateEvent.ALL_UNDONE: ""}
        with made.database.begin() as connection:
            for event, why in (undone if cause else {UpdateEvent.ALL_DONE: ""}).items():
                update = journal.load(connection, update.id)
                now = made.use.updates.clock.now()
                journal.record_update(connection, update, event, now=now, cause=why)
            if not cause:
                facts.put(connection, "version", update.target)

    @contextlib.asynccontextmanager
    async def program(self, line: str) -> AsyncIterator[Process]:
        """Run a command as a program of its own, which is killed in the end where it still runs."""
        command = (sys.executable, "-m", "convox.cli", *line.split())
        process = await asyncio.create_subprocess_exec(
            *command, env=self._environment(), stdout=PIPE, stderr=PIPE
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _run(self, line: str) -> Ended:
        environment = self._environment()
        with contextlib.ExitStack() as files:
            empty, out, err = (files.enter_context(tempfile.TemporaryFile()) for _ in range(3))
            status = run(line.split(), self.machine(environment, str(self.home), empty, out, err))
            texts = [(stream.seek(0), stream.read().decode())[1] for stream in (out, err)]
        return Ended(status, *texts)

    def _environment(self) -> dict[str, str]:
        config = self.home / "config"
        config.mkdir(exist_ok=True)
        (config / "self-managed").write_text(json.dumps(self.hosts))
        (config / "auth").write_text(json.dumps(dict.fromkeys(self.hosts.values(), PASSWORD)))
        environment = {"CONVOX_CONFIG": str(config), "HOME": str(self.home)}
        return environment | ({"CONVOX_HOST": self.host} if self.host else {})


async def set_parameters(made: ApiRack, **parameters: str) -> None:
    answer = await made.client.call("PUT", "/system", {"parameters": urlencode(parameters)})
    assert answer.status == 200, answer.text


@contextlib.asynccontextmanager
async def secure_port(socket: Path, certificate: tuple[Path, Path]) -> AsyncIterator[int]:
    """Lead a port to the API's unix socket over TLS, as the router does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            to_api = await asyncio.open_unix_connection(str(socket))
            await asyncio.gather(pass_on(reader, to_api[1]), pass_on(to_api[0], writer))

    async with await asyncio.start_server(join, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]
