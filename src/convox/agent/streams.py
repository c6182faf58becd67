"""Read and write pipes and terminals without blocking, no faster than the other side."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable

_READ = 65536  # bytes


async def chunks(descriptor: int) -> AsyncIterator[bytes]:
    """Yield what comes until the other side has closed; a terminal then fails with EIO."""
    os.set_blocking(descriptor, False)
    loop = asyncio.get_running_loop()
    while True:
        await _ready(descriptor, loop.add_reader, loop.remove_reader)
        try:
            chunk = os.read(descriptor, _READ)
        except BlockingIOError:
            continue
        except OSError:
            return
        if not chunk:
            return
        yield chunk


async def write(descriptor: int, data: bytes) -> None:
    """Write everything; ``BrokenPipeError`` where nobody reads any more."""
    os.set_blocking(descriptor, False)
    loop = asyncio.get_running_loop()
    while data:
        await _ready(descriptor, loop.add_writer, loop.remove_writer)
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            continue


async def _ready(
    descriptor: int,
    add: Callable[[int, Callable[[], None]], None],
    remove: Callable[[int], bool],
) -> None:
    turn = asyncio.Event()
    add(descriptor, turn.set)
    try:
        await turn.wait()
    finally:
        remove(descriptor)
