"""Make the new version the one that the rack comes back with, and let go of the old.

This is the moment from which a hop is not undone any more, so the executor repeats this step until
it succeeds.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from convox.host.clock import Clock
from convox.state import facts as known
from convox.state import migrate
from convox.state.lease import Lease
from convox.state.schema import rack_releases
from convox.update.keeper_client import KeeperClient
from convox.update.steps.step import Facts, HopInHand


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """Marks the version, contracts, prunes what neither side of the hop needs."""

    keeper: KeeperClient
    lease: Lease
    clock: Clock
    renew_keeper: Callable[[], Awaitable[None]]
    """Lets the keeper become this release's, where it is not."""
    prune: Callable[[HopInHand], None]
    name: str = "commit"

    async def note(self, hop: HopInHand) -> Facts:
        """Nothing is undone, so nothing has to be remembered."""
        return {}

    async def do(self, hop: HopInHand, facts: Facts) -> None:
        """Commit; each part may be repeated."""
        await self.keeper.commit()
        with self.lease.fenced() as connection:
            if known.get(connection, "version") != hop.target.version:
                known.put(connection, "version", hop.target.version)
                connection.execute(
                    rack_releases.insert().values(
                        version=hop.target.version, created=self.clock.now(), update=hop.update
                    )
                )
        migrate.contract(self.lease.database)
        await self.renew_keeper()
        self.prune(hop)

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """Its parts have failed or succeeded by themselves."""

    async def undo(self, hop: HopInHand, facts: Facts) -> None:
        """Never asked for: what was committed stays."""
        raise RuntimeError("a commit is not undone")
