"""Notice that the rack's disk takes nothing, and that it does again.

Nothing else has to be done about it: what is recorded is whole or not there, apps go on, and
whoever could not record something tries again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from convox.control.rack_log import RackLog
from convox.host.clock import Clock
from convox.host.room import objection

_PAUSE = 2.0  # seconds between two looks


@dataclass(slots=True, kw_only=True)
class Room:
    """Looks at the disk that ``home`` is on. ``trouble`` is what a person should know now."""

    home: Path
    log: RackLog
    clock: Clock
    look: Callable[[Path], str] = objection
    trouble: str = ""

    async def run(self) -> None:
        """Look again and again."""
        while True:
            self.check()
            await self.clock.sleep(_PAUSE)

    def check(self) -> None:
        """Look once, and say what has changed."""
        reason = self.look(self.home)
        before, self.trouble = self.trouble, _told(self.home, reason) if reason else ""
        if self.trouble and self.trouble != before:
            self.log.say(self.trouble)
        if before and not self.trouble:
            self.log.say(f"can write to {self.home} again")


def _told(home: Path, reason: str) -> str:
    return (
        f"cannot write to {home}: {reason}; apps go on, and nothing can be changed until that is"
        " mended"
    )
