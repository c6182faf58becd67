"""A simulated engine with what the tests that run on every engine need to know of it."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from signal import Signals

from convox.engine.engine import (
    InstanceId,
    InstanceSpec,
    InstanceState,
    ObservedInstance,
    ObservedProcess,
    ProcessId,
    ProcessSpec,
)
from convox.testing.clock import SimulatedClock
from convox.testing.engine import SimulatedEngine
from convox.testing.program import Behaviour

_PATIENCE = 60  # seconds of virtual time
_PROGRAMS = {
    "serve": Behaviour(),
    "sleep": Behaviour(healthy_after=None),
    "fail": Behaviour(healthy_after=None, crash_after=0.1),
}


class SimulatedLaboratory:
    """The part of a real laboratory that needs no real machine; its time passes while one waits."""

    image = "img-1"

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.engine = SimulatedEngine(self.clock, _behaviour)
        self._names = itertools.count()

    def spec(self, *words: str, **facts) -> ProcessSpec:
        given = {
            "id": ProcessId(f"web-{next(self._names)}"),
            "app": "demo",
            "service": "web",
            "release": "RAAAAAAAAAA",
            "command": words,
            "directory": Path("/slug"),
            "scheme": "http",
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
        for _ in range(_PATIENCE * 10):
            for seen in await self.engine.processes():
                if seen.id == process and wanted(seen):
                    return seen
            self.clock.skip(0.1)
        raise AssertionError

    async def healthy(self, process: ProcessId) -> ObservedProcess:
        return await self.process(process, lambda seen: seen.healthy)

    async def gone(self, process: ProcessId) -> None:
        while process in {seen.id for seen in await self.engine.processes()}:
            self.clock.skip(0.1)

    async def instance(
        self, instance: InstanceId, wanted: Callable[[ObservedInstance], bool]
    ) -> ObservedInstance:
        for _ in range(_PATIENCE * 10):
            for seen in await self.engine.instances():
                if seen.id == instance and wanted(seen):
                    return seen
            self.clock.skip(0.1)
        raise AssertionError

    async def lines(self, app: str = "demo") -> list[str]:
        ever = datetime(2000, 1, 1, tzinfo=UTC)
        return [line async for line in self.engine.logs(app, since=ever, follow=False)]

    def signal(self, instance: InstanceId, number: Signals) -> None:
        self.engine.kill(instance)

    def close(self) -> None:
        """There is nothing to put away."""


def _behaviour(spec: ProcessSpec) -> Behaviour:
    """A program that serves nothing is healthy only where nothing is asked of it but to stay."""
    is_sleeping = spec.command[0] == "sleep" and spec.scheme is None
    return Behaviour() if is_sleeping else _PROGRAMS[spec.command[0]]
