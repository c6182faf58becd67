"""Make the new version the one that the rack comes back with, and let go of the old.

This is the moment from which a hop is not undone any more, so the executor repeats this step until
it succeeds. The keeper commits first: as long as it has not, it may still fall back to the origin,
and then nothing of this step was done.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from convox.host.clock import Clock
from convox.state import epochs, migrate
from convox.state import facts as known
from convox.state.lease import Lease
from convox.state.schema import rack_releases
from convox.update.keeper import Keeper
from convox.update.steps.step import Effect, Facts, HopInHand


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """Marks the version, contracts, prunes what neither side of the hop needs."""

    keeper: Keeper
    lease: Lease
    clock: Clock
    renew_keeper: Callable[[], Awaitable[None]]
    """Lets the keeper become this release's, where it is not."""
    prune: Callable[[HopInHand], Awaitable[None]]
    name: str = "commit"

    @property
    def effects(self) -> Sequence[Effect]:
        """Each may be repeated; none is undone."""
        return (
            Effect(name="keeper", do=self._keep),
            Effect(name="version", do=self._mark),
            Effect(name="contract", do=self._contract),
            Effect(name="renewal", do=self._renew),
            Effect(name="pruning", do=self._prune),
        )

    async def note(self, hop: HopInHand) -> Facts:
        """Nothing is undone, so nothing has to be remembered."""
        return {}

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """Its parts have failed or succeeded by themselves."""

    async def _keep(self, hop: HopInHand, facts: Facts) -> None:
        await self.keeper.commit(hop.target.version)

    async def _mark(self, hop: HopInHand, facts: Facts) -> None:
        with self.lease.fenced() as connection:
            if known.get(connection, "version") != hop.target.version:
                known.put(connection, "version", hop.target.version)
                connection.execute(
                    rack_releases.insert().values(
                        version=hop.target.version, created=self.clock.now(), update=hop.update
                    )
                )
                _record_epochs(connection, hop)

    async def _contract(self, hop: HopInHand, facts: Facts) -> None:
        migrate.contract(self.lease.database)

    async def _renew(self, hop: HopInHand, facts: Facts) -> None:
        await self.renew_keeper()

    async def _prune(self, hop: HopInHand, facts: Facts) -> None:
        await self.prune(hop)


def _record_epochs(connection: sa.Connection, hop: HopInHand) -> None:
    before, after = hop.origin.writes, hop.target.writes
    if hop.target.version > hop.origin.version:
        epochs.move_forward(connection, before=before, after=after)
    else:
        epochs.move_back(connection, after=after)
