"""Go on where the disk, the database or what is kept of the feed fails for a while.

A loop that is begun again finds in the records where it stood. Everything else that ends a loop is
a mistake of ours: it ends the control plane, so that the keeper sees it.
"""

import logging
from collections.abc import Awaitable, Callable

import sqlalchemy as sa

from convox.errors import FeedError, RackError
from convox.host.clock import Clock

_log = logging.getLogger(__name__)
_PAUSE = 2.0  # seconds before a loop is begun again


Run = Callable[[], Awaitable[None]]


async def go_on(run: Run, *, clock: Clock, narrate: Callable[[str], None]) -> None:
    """Run a loop to its end, however often it has to be begun again."""
    said, has_ended = "", False
    while not has_ended:
        try:
            await run()
            has_ended = True
        except* (OSError, sa.exc.DBAPIError, FeedError) as group:
            text = f"cannot go on: {reason(_first(group))}; trying again"
            if text != said:
                _log.exception("a loop is begun again")
                narrate(text)
                said = text
            await clock.sleep(_PAUSE)


def reason(error: BaseException) -> str:
    """Return what the machine or the database says, without the statement that it says it of."""
    return str(error.orig) if isinstance(error, sa.exc.DBAPIError) else str(error)


def cause(group: BaseExceptionGroup[BaseException]) -> str:
    """Return what a person can act on of all that went wrong at once; blank where nothing is."""
    known = group.subgroup(RackError)
    return str(_first(known)) if known else ""


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
