"""Look at all that is wanted, recorded and running, at one moment."""

from collections.abc import Callable
from dataclasses import dataclass

from convox.engine.engine import Engine
from convox.host.clock import Clock
from convox.rollout import deployments, records
from convox.rollout.desired import Desired
from convox.rollout.situation import Observed, Recorded, Situation, situation
from convox.state.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Sees what the rollout sees, and changes nothing."""

    database: Database
    engine: Engine
    desired: Callable[[], Desired]
    clock: Clock

    async def __call__(self) -> Situation:
        """Look once."""
        observed = Observed(
            processes=await self.engine.processes(),
            instances=await self.engine.instances(),
        )
        with self.database.begin() as connection:
            recorded = Recorded(
                processes=records.processes(connection),
                instances=records.instances(connection),
                deployments=deployments.every(connection),
                failed_boots=records.failed_boots(connection),
            )
        return situation(self.clock.now(), self.desired(), recorded, observed)
