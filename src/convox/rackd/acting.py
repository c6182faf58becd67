"""Act as long as one may."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from convox.errors import LeaseLost, RackError
from convox.host.clock import Clock
from convox.rackd.going_on import Run, go_on
from convox.state.lease import Lease
from convox.update.keeper import Keeper

_log = logging.getLogger(__name__)
_POLL = 0.2  # seconds between two looks at the lease
_LOOK = 1.0  # seconds between two looks at the keeper


class Loop(Protocol):
    """Something that goes on until the lease is lost."""

    async def run(self) -> None:
        """Go on."""
        ...


async def act_until(
    ending: asyncio.Event,
    loops: Sequence[Loop],
    *,
    lease: Lease,
    clock: Clock,
    narrate: Callable[[str], None],
) -> None:
    """Run every loop that changes something, until the lease is lost or ``ending`` is set."""
    try:
        async with asyncio.TaskGroup() as group:
            runs: list[Run] = [*(loop.run for loop in loops), partial(_watch, lease, clock)]
            tasks = [group.create_task(go_on(run, clock=clock, narrate=narrate)) for run in runs]
            await ending.wait()
            for task in tasks:
                task.cancel()
    except* LeaseLost as lost:
        _log.info("%s", lost.exceptions[0])


async def until_wanted(keeper: Keeper, slot: str, clock: Clock) -> None:
    """Return when the keeper wants this slot to act, though this control plane does not any more.

    It starts another one of the slot when this one has ended.
    """
    while True:
        await clock.sleep(_LOOK)
        with contextlib.suppress(RackError):
            if (await keeper.status()).current == slot:
                return


async def _watch(lease: Lease, clock: Clock) -> None:
    """Fail with ``LeaseLost`` as soon as another has taken over."""
    while True:
        lease.check()
        await clock.sleep(_POLL)
