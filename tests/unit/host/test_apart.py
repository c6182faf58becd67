"""Work that hangs is waited for by nobody."""

import asyncio
import threading

import pytest

from convox.host.apart import apart


def test_what_comes_of_it_comes_back():
    assert asyncio.run(apart(lambda: 6 * 7)) == 42
    with pytest.raises(ZeroDivisionError):
        asyncio.run(apart(lambda: 1 // 0))


def test_neither_its_caller_nor_the_end_of_the_loop_waits_for_work_that_hangs():
    hangs = threading.Event()

    async def scenario() -> None:
        async with asyncio.timeout(0.05):
            await apart(hangs.wait)

    # Where anybody waited for it, this would never return: it is let go only after that.
    with pytest.raises(TimeoutError):
        asyncio.run(scenario())
    hangs.set()
