"""Start HAProxy again as soon as it has ended: without it nobody reaches anything."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from convox.errors import RouterError
from convox.host.clock import Clock
from convox.router.haproxy import HaproxyRouter

_log = logging.getLogger(__name__)
_POLL = 0.1  # seconds between two looks
_PAUSE = 2.0  # seconds before one that would not start is tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterUpkeep:
    """Looks whether it runs, more often than the driver applies its table."""

    router: HaproxyRouter
    clock: Clock
    narrate: Callable[[str], None]

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.clock.sleep(_POLL if self.router.is_running() else await self._revive())

    async def _revive(self) -> float:
        """Start it with the last table; return how long to wait before the next look."""
        try:
            await self.router.start()
        except RouterError as error:
            _log.warning("%s", error)
            return _PAUSE
        self.narrate("HAProxy had ended and was started again")
        return _POLL
