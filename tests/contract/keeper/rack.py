"""A home with a keeper, whose slots are scripts of two lines."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from convox.errors import HostError
from convox.host.files import write_json
from convox.host.processes import Pid, identify, lives, send
from convox.update import keeper_program
from convox.update.keeper_client import KeeperClient, KeeperStatus

SERVES = "exec sleep 600"
KEEPS_ITS_NAME = "sleep 600 & wait"  # so that /proc tells what was started
CRASHES = "echo 'cannot read the state' >&2; exit 3"
# Its start is written down first: `python -m convox.rackd --home HOME --slot SLOT`.
RACKD = '#!/bin/sh\necho "$6 $$" >>"$4/starts"\n{behaviour}\n'


@dataclass
class Rack:
    """A home with a keeper and slots that are scripts."""

    home: Path
    keepers: list[Pid] = field(default_factory=list)

    @property
    def client(self) -> KeeperClient:
        return KeeperClient(socket=self.home / "run" / "keeper.sock")

    @property
    def status(self) -> KeeperStatus:
        return asyncio.run(self.client.status())

    def slot(self, name: str, behaviour: str) -> None:
        python = self.home / "slots" / name / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text(RACKD.format(behaviour=behaviour))
        python.chmod(0o755)

    def commits(self, slot: str) -> None:
        """Write down, as a rack's records do, which version is committed."""
        file = self.home / "rack.db"
        write_json(self.home / "rack.json", {"database": f"sqlite:///{file}"})
        with closing(sqlite3.connect(file)) as database:
            database.execute("CREATE TABLE facts (key TEXT, value TEXT)")
            database.execute("INSERT INTO facts VALUES ('version', ?)", [json.dumps(slot)])
            database.commit()

    def start(self) -> Pid:
        keeper = keeper_program.start(self.home)
        self.keepers.append(keeper)
        self.until(self.answers)
        return keeper

    def kill(self, keeper: Pid) -> None:
        send(keeper, signal.SIGKILL)
        self.until(lambda: not lives(keeper))

    def switch(self, slot: str, *, seconds: float = 300) -> None:
        asyncio.run(self.client.switch(slot, seconds=seconds))

    def answers(self) -> bool:
        try:
            return bool(self.status)
        except HostError:
            return False

    def starts(self, slot: str) -> int:
        """Return how often a slot's rackd was started."""
        file = self.home / "starts"
        lines = file.read_text().splitlines() if file.exists() else []
        return sum(line.startswith(f"{slot} ") for line in lines)

    def runs(self) -> dict[str, int]:
        """Return, by slot, the processes that the keeper names and that really live."""
        return {slot: pid for slot, pid in self.status.processes.items() if identify(pid)}

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end, self.told()
            time.sleep(0.02)

    def told(self) -> str:
        return "\n".join(log.read_text() for log in (self.home / "logs").glob("*.log"))

    def clean(self) -> None:
        for keeper in self.keepers:
            send(keeper, signal.SIGKILL)
        starts = self.home / "starts"
        for line in starts.read_text().splitlines() if starts.exists() else []:
            number = int(line.split()[1])
            command = Path(f"/proc/{number}/cmdline")
            said = command.read_bytes() if command.exists() else b""
            if b"sleep\x00600" in said or bytes(self.home) in said:
                os.killpg(number, signal.SIGKILL)
        shutil.rmtree(self.home)
