"""A small HTTP and WebSocket client that hides nothing: no retry, no reconnect.

A client of the ordinary kind would repeat a request over a fresh connection and so conceal exactly
what the traffic is there to see.
"""

import asyncio
import base64
import os
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

_PING, _PONG, _CLOSE = 0x9, 0xA, 0x8  # RFC 6455, 5.2


class FailureError(Exception):
    """An answer came, and it is not a good one."""


class IdleClosedError(OSError):
    """A connection that had been kept for the next request was closed before it was answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where requests go: an address, and the host they name."""

    address: tuple[str, int]
    host: str
    authorization: str = ""
    tls: bool = False

    async def connect(self) -> "Connection":
        """Open a connection."""
        context = _trusting() if self.tls else None
        reader, writer = await asyncio.open_connection(*self.address, ssl=context)
        return Connection(self, reader, writer)

    def head(self, method: str, path: str, *fields: str) -> bytes:
        """Return the head of a request."""
        login = (f"Authorization: {self.authorization}",) if self.authorization else ()
        lines = (f"{method} {path} HTTP/1.1", f"Host: {self.host}", *login, *fields, "", "")
        return "\r\n".join(lines).encode()


class Connection:
    """One connection, used for one request after another."""

    def __init__(
        self, target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._target, self._reader, self._writer = target, reader, writer
        self.is_closed = False
        self._is_kept = False

    async def request(self, method: str, path: str, *, close: bool = False) -> bytes:
        """Send a request and return the body; ``FailureError`` for a status from 400 up."""
        fields = ["Content-Length: 0"] if method == "POST" else []
        if close:
            fields.append("Connection: close")
        self._writer.write(self._target.head(method, path, *fields))
        head = (await self._head()).decode("latin-1")
        self._is_kept = True
        status, fields_received = _parse(head)
        body = await self._body(fields_received)
        if close or fields_received.get("connection", "").lower() == "close":
            self.close()
        if status >= 400:
            raise FailureError(f"{method} {self._target.host}{path} answered {status}")
        return body

    def close(self) -> None:
        """Close the connection."""
        self.is_closed = True
        self._writer.close()

    async def _head(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            answered = isinstance(error, asyncio.IncompleteReadError) and error.partial
            if self._is_kept and not answered:
                raise IdleClosedError("closed while it was kept") from error
            raise

    async def _body(self, fields: dict[str, str]) -> bytes:
        if fields.get("transfer-encoding", "").lower() == "chunked":
            return await self._chunks()
        if "content-length" in fields:
            return await self._reader.readexactly(int(fields["content-length"]))
        return await self._reader.read()

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self._reader.readline(), 16):
            body += await self._reader.readexactly(size)
            await self._reader.readexactly(2)
        await self._reader.readline()
        return body

    async def upgrade(self, path: str) -> None:
        """Turn the connection into a websocket."""
        key = base64.b64encode(os.urandom(16)).decode()
        fields = (
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        )
        self._writer.write(self._target.head("GET", path, *fields))
        status, _ = _parse((await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
        if status != 101:
            raise FailureError(f"websocket {path} answered {status}")

    async def frame(self) -> tuple[int, bytes]:
        """Return the opcode and the payload of the next frame."""
        first, second = await self._reader.readexactly(2)
        length = second & 0x7F
        if length == 126:
            length = int.from_bytes(await self._reader.readexactly(2), "big")
        elif length == 127:
            length = int.from_bytes(await self._reader.readexactly(8), "big")
        return first & 0x0F, await self._reader.readexactly(length)

    def send(self, opcode: int, payload: bytes) -> None:
        """Send a short frame, masked with zeros as a client may."""
        self._writer.write(bytes([0x80 | opcode, 0x80 | len(payload)]) + bytes(4) + payload)


async def open_websocket(target: Target, path: str) -> AsyncIterator[bytes]:
    """Open a websocket and yield each message until the server closes it."""
    connection = await target.connect()
    try:
        await connection.upgrade(path)
        while True:
            opcode, payload = await connection.frame()
            if opcode == _PING:
                connection.send(_PONG, payload)
            elif opcode == _CLOSE:
                raise FailureError(f"the server closed the websocket: {payload!r}")
            else:
                yield payload
    finally:
        connection.close()


def _parse(head: str) -> tuple[int, dict[str, str]]:
    first, *rest = head.split("\r\n")
    fields = dict(line.split(": ", 1) for line in rest if ": " in line)
    return int(first.split()[1]), {name.lower(): value for name, value in fields.items()}


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
