"""Boot a new control plane where it can harm nothing, and see whether it can do the work.

It gets a copy of the records, brought to its own form, and a socket of its own; it takes no lease
and acts on nothing. It must then answer what matters to a client as that copy says.
"""

import json
import shutil
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convox.errors import HostError
from convox.host import http
from convox.host.clock import Clock
from convox.host.processes import Pid, lives, send_group, spawn_detached
from convox.update.contract import FIELDS, Things, promised
from convox.update.expanding import expand
from convox.update.slots import Slots

LIFETIME = 60  # seconds after which a shadow ends by itself, whoever forgot it
_BOOT = 30.0  # seconds for the new control plane to answer
_POLL = 0.05  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """Probes a slot. ``rack`` is what the rack says of itself, ``headers`` let a request in."""

    home: Path
    slots: Slots
    rack: Mapping[str, str]
    headers: Mapping[str, str]
    clock: Clock

    async def probe(self, version: str, copy: Path) -> None:
        """Fail with ``HostError`` unless the slot's control plane keeps the contract."""
        database = self.home / "run" / f"shadow-{version}.db"
        socket = self.home / "run" / f"shadow-{version}.sock"
        expected = promised(copy, self.rack)
        shutil.copy(copy, database)
        url = f"sqlite:///{database}"
        await expand(self.slots, version, url)
        log = self.home / "logs" / "shadow.log"
        where = ["--home", str(self.home), "--slot", version]
        what = ["--shadow", url, "--socket", str(socket)]
        python = self.slots.python(version)
        pid = spawn_detached([python, "-m", "convox.rackd", *where, *what], log=log)
        try:
            await self._wait(pid, socket, log)
            for path, things in expected.items():
                await self._compare(socket, path, things)
        finally:
            send_group(pid, signal.SIGKILL)
            for leftover in (self.home / "run").glob(f"shadow-{version}.*"):
                leftover.unlink(missing_ok=True)

    async def _wait(self, pid: Pid, socket: Path, log: Path) -> None:
        end = self.clock.monotonic() + _BOOT
        while True:
            try:
                await http.get_unix(socket, "/check", {})
            except OSError:
                if not lives(pid) or self.clock.monotonic() > end:
                    last = log.read_text(errors="replace").strip().splitlines()[-1:]
                    raise HostError(
                        f"cannot boot the new control plane: it does not answer; {''.join(last)}"
                    ) from None
            else:
                return
            await self.clock.sleep(_POLL)

    async def _compare(self, socket: Path, path: str, expected: Things) -> None:
        answer = await http.get_unix(socket, path, self.headers)
        if answer.status != 200:
            raise HostError(f"cannot use the new control plane: {path} answers {answer.status}")
        answered = _chosen(json.loads(answer.body), FIELDS[path])
        if answered != expected:
            raise HostError(
                f"cannot use the new control plane: it answers {path} with {answered}"
                f" where the records say {expected}"
            )


def _chosen(value: Any, fields: Iterable[str]) -> Things:
    things = value if isinstance(value, list) else [value]
    return [{field: thing.get(field) for field in fields} for thing in things]
