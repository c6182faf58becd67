"""Introduce, replace and retire the rack's own components, each start-first and health-gated."""

from collections.abc import Mapping
from dataclasses import dataclass

from convox.components.component import Component
from convox.components.running import Labels, RunningComponents
from convox.state import wanted
from convox.state.lease import Lease
from convox.update.steps.step import Facts, HopInHand


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeComponents:
    """Moves from the components that ran to those of this release."""

    running: RunningComponents
    table: Mapping[str, Component]
    lease: Lease
    name: str = "components"

    async def note(self, hop: HopInHand) -> Facts:
        """Remember what was wanted before."""
        with self.lease.fenced() as connection:
            return {"before": sorted(wanted.components(connection))}

    async def do(self, hop: HopInHand, facts: Facts) -> None:
        """Start the new beside the old, see them work, then end the old."""
        before = frozenset(facts["before"])
        after = frozenset(component.label for component in self.table.values())
        for component in self.table.values():
            self.running.install(component)
        await self._want(before | after)
        await self.running.check(self.table.values())
        await self._want(after)

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """They still work with the old ones gone."""
        await self.running.check(self.table.values())

    async def undo(self, hop: HopInHand, facts: Facts) -> None:
        """Start the old ones again; their programs are kept until the commit."""
        before = frozenset(facts["before"])
        await self._want(before | self.running.running().keys())
        await self._want(before)

    async def _want(self, labels: Labels) -> None:
        with self.lease.fenced() as connection:
            wanted.want_components(connection, labels)
        await self.running.keep(labels)
