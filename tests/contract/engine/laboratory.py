"""A rack's engine with real machines under it, and what tests need to know of both."""

import asyncio
import contextlib
import itertools
import json
import os
import pwd
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import convox
from convox.engine.engine import (
    HealthCheck,
    InstanceId,
    InstanceSpec,
    InstanceState,
    ObservedInstance,
    ObservedProcess,
    ProcessId,
    ProcessSpec,
)
from convox.engine.local.engine import LocalEngine
from convox.engine.local.images import build_image
from convox.host.clock import SystemClock
from convox.host.files import read_json

PATIENCE = 30  # seconds; on a machine in good order everything takes a fraction of it
PROGRAM = Path(__file__).parent / "program.py"
EAGER = HealthCheck(path="/check", interval=0.1, timeout=2, grace=0.3)
EVER = datetime(2000, 1, 1, tzinfo=UTC)


class LocalLaboratory:
    """A rack home on this machine; as root, apps run as nobody."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="engine-", dir="/tmp"))
        self.home.chmod(0o711)
        self.app_user = "nobody" if os.geteuid() == 0 else None
        self.slug = self.home / "slug"
        self.slug.mkdir()
        shutil.copy(PROGRAM, self.slug)
        self.image = build_image(Path(convox.__path__[0]), self.home / "images")
        self.engine = self.another_engine()
        self._names = itertools.count()

    @property
    def uid(self) -> int:
        return pwd.getpwnam(self.app_user).pw_uid if self.app_user else os.geteuid()

    def another_engine(self) -> LocalEngine:
        return LocalEngine(
            home=self.home, python=Path(sys.executable), app_user=self.app_user, clock=SystemClock()
        )

    def spec(self, *words: str, **facts) -> ProcessSpec:
        given = {
            "id": ProcessId(f"web-{next(self._names)}"),
            "app": "demo",
            "service": "web",
            "release": "RAAAAAAAAAA",
            "command": ("/usr/bin/python3", "program.py", *words),
            "directory": self.slug,
            "scheme": "http",
            "health": EAGER,
        }
        return ProcessSpec(**{**given, **facts})

    async def launch(self) -> InstanceId:
        instance = InstanceId(f"i-{next(self._names):08x}")
        await self.engine.launch(InstanceSpec(id=instance, image=self.image))
        await self.instance(instance, lambda seen: seen.state is InstanceState.READY)
        return instance

    async def start(self, *words: str, instance: InstanceId | None = None, **facts) -> ProcessId:
        spec = self.spec(*words, **facts)
        await self.engine.start(spec, instance=instance or await self.launch())
        return spec.id

    async def process(
        self, process: ProcessId, wanted: Callable[[ObservedProcess], bool]
    ) -> ObservedProcess:
        """Return the process once it is as wanted."""
        seen = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                async for _ in self.engine.watch():
                    found = [p for p in await self.engine.processes() if p.id == process]
                    seen = found[0] if found else seen
                    if found and wanted(found[0]):
                        return found[0]
        raise AssertionError(f"never as wanted: {seen}")

    async def healthy(self, process: ProcessId) -> ObservedProcess:
        return await self.process(process, lambda seen: seen.healthy)

    async def gone(self, process: ProcessId) -> None:
        async with asyncio.timeout(PATIENCE):
            async for _ in self.engine.watch():
                if process not in {seen.id for seen in await self.engine.processes()}:
                    return

    async def instance(
        self, instance: InstanceId, wanted: Callable[[ObservedInstance], bool]
    ) -> ObservedInstance:
        """Return the instance once it is as wanted."""
        async with asyncio.timeout(PATIENCE):
            async for _ in self.engine.watch():
                for seen in await self.engine.instances():
                    if seen.id == instance and wanted(seen):
                        return seen
        raise AssertionError

    async def line(self, text: str, app: str = "demo") -> str:
        """Return the first log line that contains the text, once there is one."""
        async with asyncio.timeout(PATIENCE):
            async for line in self.engine.logs(app, since=EVER, follow=True):
                if text in line:
                    return line
        raise AssertionError

    async def lines(self, app: str = "demo") -> list[str]:
        return [line async for line in self.engine.logs(app, since=EVER, follow=False)]

    def agent(self, instance: InstanceId) -> int:
        return int(read_json(self.home / "instances" / instance / "agent.pid")["number"])

    def signal(self, instance: InstanceId, number: signal.Signals) -> None:
        """Do to the machine what the power supply does."""
        os.kill(self.agent(instance), number)

    def close(self) -> None:
        asyncio.run(self._close())

    async def _close(self) -> None:
        engine = self.another_engine()
        for directory in (self.home / "instances").glob("*"):
            if (directory / "agent.json").exists():
                await engine.terminate(InstanceId(directory.name))
        shutil.rmtree(self.home, ignore_errors=True)


async def get(address: str, path: str = "/") -> dict:
    """Fetch the JSON that a process serves."""
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return json.loads(answer.partition(b"\r\n\r\n")[2])


async def until(claim: Callable[[], bool]) -> None:
    """Return when the claim holds."""
    async with asyncio.timeout(PATIENCE):
        while not claim():  # noqa: ASYNC110 - a claim about the machine
            await asyncio.sleep(0.02)


def lives(pid: int) -> bool:
    """Say whether a process runs: one that has ended and is not reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"
