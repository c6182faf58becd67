"""Counts ten times a second, for ever."""

import asyncio

from redis import ask


async def main():
    while True:
        await ask("INCR beats")
        await asyncio.sleep(0.1)


asyncio.run(main())
