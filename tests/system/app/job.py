"""Must not run twice at once: counts every time that it finds another one of itself."""

import asyncio
import signal

from redis import ask


async def main():
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    if await ask("INCRBY jobs 1") != 1:
        await ask("INCRBY twice 1")
    await told.wait()
    await ask("DECRBY jobs 1")


asyncio.run(main())
