"""Do something only as long as nothing else comes up, or not for too long."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from convox.errors import HostError
from convox.host.clock import Clock

T = TypeVar("T")


async def unless(interruption: Awaitable[Any], work: Coroutine[Any, Any, None]) -> None:
    """Do ``work``; where ``interruption`` ends first, cancel it.

    What either fails with is raised as it is.
    """
    async with asyncio.TaskGroup() as group:
        doing = group.create_task(_outcome(work))
        waiting = group.create_task(_outcome(interruption))
        await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        first = doing if doing.done() else waiting
        doing.cancel()
        waiting.cancel()
    failure = first.result()
    if failure is not None:
        raise failure


async def within(seconds: float, work: Coroutine[Any, Any, T], *, clock: Clock, what: str) -> T:
    """Return what ``work`` comes to; ``HostError`` where it takes longer, and is cancelled then."""
    found: list[T] = []

    async def doing() -> None:
        found.append(await work)

    await unless(_overdue(seconds, clock, what), doing())
    return found[0]


async def _overdue(seconds: float, clock: Clock, what: str) -> None:
    await clock.sleep(seconds)
    raise HostError(f"cannot {what}: it has not ended in {seconds:g} s")


async def _outcome(work: Awaitable[Any]) -> BaseException | None:
    """Return what ``work`` fails with, so that no group wraps it."""
    try:
        await work
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - it is raised again by whoever waits
        return error
    return None
