"""What a rollout promises, held against each tick of a simulated one."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from convox.engine.engine import ObservedProcess
from convox.rollout.instance import UP
from convox.rollout.process import Phase, Process
from convox.rollout.strategy import limits
from convox.testing.rollout import SimulatedRollout


@dataclass(slots=True, kw_only=True)
class Promises:
    """Ticks a rack's driver; ``AssertionError`` where it did what it must never do.

    Never fewer healthy processes than allowed are left, never more than allowed are begun, a
    singleton never runs twice, no request meets a process that cannot answer it, and what a person
    cordoned stays so while it is up and nothing is placed on it.
    """

    rack: SimulatedRollout
    has_acted: bool = False
    """The last tick found something to do."""
    _last: Sequence[Process] = ()

    async def tick(self) -> bool:
        """Let the driver tick once; return whether anything is on its way."""
        rack, before = self.rack, self._last
        seen = await rack.engine.processes()
        told, started = len(rack.told), len(rack.engine.starts)
        is_moving = await rack.driver.tick()
        rack.router.check_held()
        self.has_acted = len(rack.told) > told
        if self.has_acted:
            self._last = rack.processes()
            self._check_count(before)
            self._check_capacity(before, seen)
            self._check_cordons(before)
        if len(rack.engine.starts) > started:
            self._check_singletons(rack.engine.starts[started:])
        self.check_requests()
        return is_moving

    def check_requests(self) -> None:
        """Fail where a request was not answered well."""
        if self.rack.router.violations:
            raise AssertionError(self.rack.router.violations)

    def _check_count(self, before: Sequence[Process]) -> None:
        was, now = (
            Counter(item.name for item in found if item.is_active) for found in (before, self._last)
        )
        for wanted in self.rack.wanted.services:
            count = now[wanted.name]
            if count > was[wanted.name] and count > limits(wanted).most and not wanted.agent:
                raise AssertionError(f"{count} processes of {wanted.name} at once")

    def _check_capacity(self, before: Sequence[Process], seen: Sequence[ObservedProcess]) -> None:
        healthy = {item.id for item in seen if item.healthy}
        draining = {item.id for item in self._last if item.phase is Phase.DRAINING}
        served = [item for item in before if item.phase is Phase.SERVING and item.id in healthy]
        left = Counter(item.name for item in served if item.id not in draining)
        fewer = {item.name for item in served if item.id in draining}
        for wanted in self.rack.wanted.services:
            is_short = wanted.name in fewer and left[wanted.name] < limits(wanted).least
            if is_short and not wanted.agent:
                raise AssertionError(f"{left[wanted.name]} processes of {wanted.name} are left")

    def _check_cordons(self, before: Sequence[Process]) -> None:
        rack, known = self.rack, {item.id for item in before}
        agents = {service.name for service in rack.wanted.services if service.agent}
        placed = [item for item in self._last if item.id not in known and item.name not in agents]
        up = [item for item in rack.instances() if item.phase in UP]
        wrong: list[str] = [item.id for item in placed if item.instance in rack.cordoned]
        wrong += [item.id for item in up if item.id in rack.cordoned and not item.cordoned]
        if wrong:
            raise AssertionError(f"a cordon was not kept: {wrong}")
        rack.cordoned = {item.id for item in up if item.cordoned}

    def _check_singletons(self, begun: Collection[str]) -> None:
        """The machines are asked, not the records."""
        running = self.rack.engine.running()
        ids = set(begun)
        names = {f"{spec.app}/{spec.service}" for spec in running if spec.id in ids}
        runs = Counter(f"{spec.app}/{spec.service}" for spec in running)
        for wanted in self.rack.wanted.services:
            if wanted.singleton and wanted.name in names and runs[wanted.name] > wanted.count:
                raise AssertionError(f"{wanted.name} runs {runs[wanted.name]} times at once")
