"""The thin loop that asks the feed, decides, and begins what is decided."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from convox.control.automatic import notifying, telling
from convox.control.automatic.action import ActionKind, Reason
from convox.control.automatic.decide import decide
from convox.control.automatic.forecast import Forecast
from convox.control.automatic.lookout import Lookout
from convox.control.automatic.policy import AUTOMATIC
from convox.control.updates import Updates
from convox.errors import LeaseLost, RackError
from convox.host.clock import Clock
from convox.state.lease import Lease
from convox.update.racing import unless

_log = logging.getLogger(__name__)
_LOOK = 10.0  # seconds between two looks at what has changed here, unless the feed is to be asked
_BREATH = 1.0  # seconds that lie between two looks in any case


@dataclass(slots=True, kw_only=True)
class Automatic:
    """Updates the rack by itself. ``latest`` is what it decided last, ``None`` before the first."""

    lookout: Lookout
    updates: Updates
    lease: Lease
    clock: Clock
    narrate: Callable[[str], None]
    changed: asyncio.Event
    """Set when something has changed that may decide, such as that an update has ended."""
    latest: Forecast | None = None
    _refused: tuple[float, str] | None = None
    """Until which second, and why, what was decided is not tried again."""

    def wake(self) -> None:
        """Look at once: something has changed that may decide."""
        self.changed.set()

    async def run(self) -> None:
        """Look, begin, wait, for ever."""
        while True:
            self.changed.clear()
            try:
                await self._round()
            except LeaseLost:
                raise
            except RackError:  # whatever cannot be looked at now, is looked at again
                _log.exception("cannot decide about the next update")
            wait = min(_LOOK, max(_BREATH, self.lookout.watch.left))
            await unless(self.changed.wait(), self.clock.sleep(wait))

    async def _round(self) -> None:
        await self.lookout.watch.ask_when_due()
        before, forecast = self.latest, await self.look()
        if before and _has_ended(before, forecast):
            forecast = await self._go_on()
        if forecast.action.kind is ActionKind.STARTS:
            await self._begin(forecast)

    def current(self) -> Forecast:
        """Return what comes next by the records of this moment; waits for nothing, tells nobody."""
        outlook = self.lookout.at_once(self.latest.outlook if self.latest else None)
        return Forecast(outlook=outlook, action=decide(outlook))

    async def check(self) -> Forecast:
        """Ask the feed now, and return what comes next; begins nothing itself."""
        await self.lookout.watch.ask()
        forecast = await self.look()
        self.wake()
        return forecast

    async def look(self) -> Forecast:
        """Decide, and tell of what is new."""
        outlook = await self.lookout.outlook()
        if decide(outlook).reason is Reason.UNSURVEYED:
            outlook = await self.lookout.closer(outlook)
        if self._refused and self.clock.monotonic() < self._refused[0]:
            outlook = replace(outlook, objections=(self._refused[1],))
        forecast = Forecast(outlook=outlook, action=decide(outlook))
        if telling.tell(self.lease, forecast):
            self.narrate(f"updates by themselves: {forecast.line}")
        notifying.notify(self.lease, forecast)
        self.latest = forecast
        return forecast

    async def _go_on(self) -> Forecast:
        """Look for the next hop, of which the feed may know more by now."""
        await self.lookout.watch.ask()
        return await self.look()

    async def _begin(self, forecast: Forecast) -> None:
        """Make the plan anew, by what the feed says this moment, and begin exactly that.

        To plan takes time, so what decides is looked at again in the very moment of the begin.
        """
        target = forecast.action.target
        try:
            if (await self._go_on()).action != forecast.action:
                return
            made = (await self.lookout.planning.show(target, through=False)).plan
            await self.updates.start(
                target,
                approved=made.hash,
                unless=lambda: self._come_up_since(forecast),
                asked_by=AUTOMATIC,
            )
        except LeaseLost:
            raise
        except RackError as error:
            _log.warning("an update does not begin by itself: %s", error)
            if not self._come_up_since(forecast):
                pause = forecast.outlook.policy.interval.total_seconds()
                self._refused = self.clock.monotonic() + pause, str(error)

    def _come_up_since(self, forecast: Forecast) -> str:
        """Return what keeps it from beginning at this moment: a person may have held the rack."""
        action = self.current().action
        return "" if action == forecast.action else action.line


def _has_ended(before: Forecast, now: Forecast) -> bool:
    """Say whether an update has ended in between."""
    return before.outlook.under_way is not None and now.outlook.under_way is None
