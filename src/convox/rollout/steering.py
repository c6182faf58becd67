"""Keep the router at the table that follows from each situation."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from convox.errors import RouterError
from convox.host.clock import Clock
from convox.rollout.process import Phase
from convox.rollout.routing import Targets, route_table, targets
from convox.rollout.situation import Situation, Traffic
from convox.router.route import RouteTable
from convox.router.router import Router

_log = logging.getLogger(__name__)
_AGAIN = 2.0  # seconds after which an unchanged table is applied again, lest the router lost it
_ADOPTION = 5.0  # seconds in which instances may answer before the first table is made


@dataclass(slots=True, kw_only=True)
class Steering:
    """Tells the router, and remembers whether it knows."""

    router: Router
    clock: Clock
    narrate: Callable[[str], None]
    _began: float | None = None
    _since: datetime | None = None
    _applied: RouteTable | None = None
    _applied_at: float = 0.0
    _complaint: str = ""
    _targets: Targets = field(default_factory=dict)

    async def traffic(self, situation: Situation) -> Traffic | None:
        """Return what processes that drain have open; ``None`` where the router is out of step."""
        if self._since is None:
            return None
        if not any(process.phase is Phase.DRAINING for process in situation.processes):
            return Traffic(open={}, since=self._since)
        try:
            return Traffic(open=await self.router.serving(), since=self._since)
        except RouterError as error:
            self._lost_step(error)
            return None

    def move(self, by: timedelta) -> None:
        """Note that the machine's clock was set."""
        self._since = self._since + by if self._since else None

    async def steer(self, situation: Situation) -> None:
        """Make the router's table the situation's."""
        now = self.clock.monotonic()
        self._began = now if self._began is None else self._began
        self._targets = targets(situation, self._targets)
        table = route_table(situation, self._targets)
        if table == self._applied and now - self._applied_at < _AGAIN:
            return
        if self._applied is None and now - self._began < _ADOPTION and self._is_blind(situation):
            return
        try:
            await self.router.apply(table)
        except RouterError as error:
            self._lost_step(error)
        else:
            self._since = self._since or self.clock.now()
            self._applied, self._applied_at, self._complaint = table, now, ""

    def _is_blind(self, situation: Situation) -> bool:
        """Say whether processes that serve have not been seen since this control plane began.

        The router still knows them from the one before, and must not forget them now.
        """
        return any(
            process.phase is Phase.SERVING
            and process.observed is None
            and process.id not in self._targets
            and not process.one_off
            and not situation.is_ending(process)
            for process in situation.processes
        )

    def _lost_step(self, error: RouterError) -> None:
        if str(error) != self._complaint:
            _log.warning("%s", error)
            self.narrate(str(error))
        self._complaint = str(error)
        self._applied = self._since = None
