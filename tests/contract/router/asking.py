"""Clients and targets that the tests of a router have in common."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

from tests.contract.router.backend import backend


async def get(target, path="/"):
    connection = await target.connect()
    try:
        return (await connection.request("GET", path, close=True)).decode()
    finally:
        connection.close()


async def until(claim):
    async with asyncio.timeout(30):
        while not await claim():  # noqa: ASYNC110 - others are asked
            await asyncio.sleep(0.05)


@asynccontextmanager
async def many(number):
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(backend(f"b{each}")) for each in range(number)]


class Echo:
    """A websocket that is answered with what it sends."""

    def __init__(self, connection):
        self.connection = connection

    @classmethod
    async def open(cls, target):
        connection = await target.connect()
        await connection.upgrade("/ws")
        return cls(connection)

    async def works(self):
        self.connection._writer.write(b"hello\n")
        async with asyncio.timeout(5):
            return await self.connection._reader.readline() == b"hello\n"

    def close(self):
        self.connection.close()
