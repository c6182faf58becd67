"""Introduce, replace and retire the rack's own components, each start-first and health-gated."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from convox.components.component import Component
from convox.components.running import Labels
from convox.host.processes import Pid
from convox.state import wanted
from convox.state.lease import Lease
from convox.update.steps.step import Effect, Facts, HopInHand


class Components(Protocol):
    """What runs components; ``RunningComponents`` does."""

    def install(self, component: Component) -> None:
        """Put its program where it outlives the release's slot."""
        ...

    async def keep(self, wanted: Labels) -> None:
        """Start what is missing, then end what is not wanted."""
        ...

    async def check(self, components: Iterable[Component]) -> None:
        """Wait until each of these works; ``HostError`` where one does not."""
        ...

    def running(self) -> Mapping[str, Pid]:
        """Return what runs, by label."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeComponents:
    """Moves from the components that ran to those of this release."""

    running: Components
    table: Mapping[str, Component]
    lease: Lease
    name: str = "components"

    @property
    def effects(self) -> Sequence[Effect]:
        """The new beside the old, then without them."""
        return (
            Effect(name="programs", do=self._install),
            Effect(name="beside", do=self._start, undo=self._end_again),
            Effect(name="alone", do=self._end, undo=self._start_again),
        )

    async def note(self, hop: HopInHand) -> Facts:
        """Remember what was wanted before."""
        with self.lease.fenced() as connection:
            return {"before": sorted(wanted.components(connection))}

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """They still work with the old ones gone."""
        await self.running.check(self.table.values())

    async def _install(self, hop: HopInHand, facts: Facts) -> None:
        for component in self.table.values():
            self.running.install(component)

    async def _start(self, hop: HopInHand, facts: Facts) -> None:
        await self._want(frozenset(facts["before"]) | self._ours)
        await self.running.check(self.table.values())

    async def _end_again(self, hop: HopInHand, facts: Facts) -> None:
        await self._want(frozenset(facts["before"]))

    async def _end(self, hop: HopInHand, facts: Facts) -> None:
        await self._want(self._ours)

    async def _start_again(self, hop: HopInHand, facts: Facts) -> None:
        """Their programs are kept until the commit."""
        await self._want(frozenset(facts["before"]) | self.running.running().keys())

    @property
    def _ours(self) -> Labels:
        return frozenset(component.label for component in self.table.values())

    async def _want(self, labels: Labels) -> None:
        with self.lease.fenced() as connection:
            wanted.want_components(connection, labels)
        await self.running.keep(labels)
