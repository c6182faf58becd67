"""A stream of bytes from a rack, and to it: logs, and what a process reads and writes.

Text frames carry raw bytes, valid UTF-8 or not; an empty binary frame is the end of a side. One
thread moves both directions, for a TLS connection may not be read and written at once from two.
"""

import os
import select
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Self

from convox.client import frames
from convox.client.connection import Reader, connect
from convox.client.endpoint import Endpoint
from convox.client.errors import Answered, Unreachable
from convox.client.http import head, read_head

_PING = 5.0  # seconds between two signs of life
_READ = 65536  # bytes


def open_stream(endpoint: Endpoint, target: str, headers: Mapping[str, str]) -> "Stream":
    """Open a WebSocket; ``Answered`` where the rack refuses it."""
    import binascii

    fields = {
        **headers,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": binascii.b2a_base64(os.urandom(16), newline=False).decode(),
        "Origin": f"{endpoint.scheme}://{endpoint.host}",
    }
    connection = connect(endpoint)
    try:
        connection.sendall(head(endpoint, "GET", target, fields))
        reader = Reader(connection)
        _expect_upgrade(reader)
    except BaseException:
        connection.close()
        raise
    return Stream(connection, reader.rest)


def _expect_upgrade(reader: Reader) -> None:
    status, fields = read_head(reader)
    if status != 101:
        size = int(fields.get("content-length", 0))
        text = reader.exactly(size).decode(errors="replace").strip()
        raise Answered(status, text or f"response status {status}")


class Stream:
    """Both directions of an open WebSocket.

    ``ended`` once the other side sends no more; ``cut`` where it never said so.
    """

    def __init__(self, connection: socket.socket, rest: bytes) -> None:
        connection.settimeout(0)
        self._connection = connection
        self._decoder = frames.Decoder()
        self._outgoing = bytearray()
        self._arrived: list[bytes] = []
        self._pinged = time.monotonic()
        self.ended = False
        self.cut = False
        self._accept(rest)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def backlog(self) -> int:
        """How many bytes wait to be sent."""
        return len(self._outgoing)

    def send(self, data: bytes) -> None:
        """Send the bytes, as soon as the other side takes them."""
        self._put(frames.TEXT, data)

    def finish(self) -> None:
        """Say that no more is sent."""
        self._put(frames.BINARY, b"")

    def pieces(self) -> Iterator[bytes]:
        """Return what comes, frame by frame, until the other side ends."""
        while not self.ended or self._arrived:
            self.wait(_PING)
            yield from self.take()

    def take(self) -> list[bytes]:
        """Return what has arrived."""
        arrived, self._arrived = self._arrived, []
        return arrived

    def wait(self, seconds: float, *sources: int) -> list[int]:
        """Wait for the rack or a source (a file descriptor); return the sources to read from."""
        if self._arrived or self.ended:
            return []
        if time.monotonic() - self._pinged > _PING:
            self._put(frames.PING, b"")
            self._pinged = time.monotonic()
        writing = [self._connection] if self._outgoing else []
        own = self._connection.fileno()
        readable, writable, _ = select.select([own, *sources], writing, [], seconds)
        if writable:
            self._flush()
        if own in readable:
            self._fill()
        return [source for source in sources if source in readable]

    def _put(self, kind: int, payload: bytes) -> None:
        self._outgoing += frames.encode(kind, payload, os.urandom(4))

    def _flush(self) -> None:
        try:
            sent = self._connection.send(self._outgoing)
        except OSError as error:
            self._judge(error)
        else:
            del self._outgoing[:sent]

    def _fill(self) -> None:
        try:
            data = self._connection.recv(_READ)
        except OSError as error:
            self._judge(error)
        else:
            self._accept(data)
            if not data and not self.ended:
                self.ended = self.cut = True

    def _judge(self, error: OSError) -> None:
        if _is_fatal(error):
            self.ended = self.cut = True
            raise Unreachable(f"the stream broke: {error}") from error

    def _accept(self, data: bytes) -> None:
        for frame in self._decoder.feed(data):
            if frame.kind == frames.TEXT and not self.ended:
                self._arrived.append(frame.payload)
            elif frame.kind == frames.PING:
                self._put(frames.PONG, frame.payload)
            elif frame.kind in (frames.BINARY, frames.CLOSE):
                self.ended = True


def _is_fatal(error: OSError) -> bool:
    """Say whether the error is more than "not now"."""
    import ssl

    return not isinstance(error, (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError))
