"""Strike at a failpoint of an update for real, where a file tells to.

``HOME/run/failpoint`` holds a failpoint's name and what is to happen there, once:

- ``hold``: nothing goes on until ``failpoint.reached``, which appears then, is removed;
- ``crash``: this process ends at once;
- ``fail``: the disk is full;
- ``lose``: what was asked for happened or not, and no answer came.

A rack at work has no such file. Only its owner can make one, who could as well kill any process.
"""

import contextlib
import errno
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from convox.host.clock import Clock
from convox.update.failpoints import Failpoint, Reach

_POLL = 0.02  # seconds

Strike = Callable[[Path, Clock], Awaitable[None]]


def at(path: Path, clock: Clock) -> Reach:
    """Return what heeds the file at ``path``."""

    async def reach(point: Failpoint) -> None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            name, strike = path.read_text().split()
            if name == str(point):
                path.rename(path.with_suffix(".reached"))
                await _STRIKES[strike](path.with_suffix(".reached"), clock)

    return reach


async def _hold(reached: Path, clock: Clock) -> None:
    while reached.exists():
        await clock.sleep(_POLL)


async def _crash(reached: Path, clock: Clock) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _fail(reached: Path, clock: Clock) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def _lose(reached: Path, clock: Clock) -> None:
    raise ConnectionError("the answer was lost")


_STRIKES: Mapping[str, Strike] = {"hold": _hold, "crash": _crash, "fail": _fail, "lose": _lose}
