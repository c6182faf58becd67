"""The client that judges: it tells a connection closed while it was kept from a broken answer."""

import asyncio

import pytest

from convox.testing.requests import IdleClosedError, Target

_WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([_WHOLE, b""], IdleClosedError),
        ([_WHOLE, b"HTTP/1.1 200"], asyncio.IncompleteReadError),
        ([b""], asyncio.IncompleteReadError),
    ],
    ids=["while it was kept", "within an answer", "before any answer"],
)
def test_a_connection_that_ends(answers: list[bytes], error: type[Exception]) -> None:
    with pytest.raises(error):
        asyncio.run(_ask_until_it_ends(answers))


async def _ask_until_it_ends(answers: list[bytes]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for each in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(each)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        target = Target(address=server.sockets[0].getsockname(), host="web")
        connection = await target.connect()
        for _ in answers:
            assert await connection.request("GET", "/") == b"ok"
