"""HTTP/1.1, as much of it as a rack's API takes: one request to a connection."""

import contextlib
import socket
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

from convox.client.connection import Reader, connect
from convox.client.endpoint import Endpoint
from convox.client.errors import ClientError, Garbled

_PIECE = 262144  # bytes


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    body: bytes


class Body(NamedTuple):
    """What is sent along: so many bytes of a stream."""

    stream: BinaryIO
    size: int


def request(
    endpoint: Endpoint,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: Body | None = None,
) -> Answer:
    """Send one request and return its answer, whatever its status."""
    fields = {**headers, "Content-Length": str(body.size if body else 0), "Connection": "close"}
    with connect(endpoint) as connection:
        # Whoever refuses an upload answers early and closes: the answer is still there to read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(head(endpoint, method, target, fields))
            _send(connection, body)
        return _answer(Reader(connection), method)


def head(endpoint: Endpoint, method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """Return a request's head; a value that would break out of its line is refused."""
    lines = [f"{method} {endpoint.path}{target} HTTP/1.1", f"Host: {endpoint.host}"]
    for key, value in headers.items():
        if "\r" in value or "\n" in value:
            raise ClientError(f"{key.lower()} must be one line")
        lines.append(f"{key}: {value}")
    return "\r\n".join([*lines, "", ""]).encode()


def read_head(reader: Reader) -> tuple[int, dict[str, str]]:
    """Return an answer's status and its fields, their names in lower case."""
    first, *rest = reader.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
    version, _, status = first.partition(" ")
    if not version.startswith("HTTP/1.") or not status[:3].isdigit():
        raise Garbled("whoever answers does not speak HTTP")
    pairs = (line.partition(":") for line in rest)
    return int(status[:3]), {key.strip().lower(): value.strip() for key, _, value in pairs}


def _send(connection: socket.socket, body: Body | None) -> None:
    while body and (piece := body.stream.read(_PIECE)):
        connection.sendall(piece)


def _answer(reader: Reader, method: str) -> Answer:
    status, fields = read_head(reader)
    while status < 200:  # an interim answer, RFC 9110, 15.2
        status, fields = read_head(reader)
    if method == "HEAD" or status in (204, 304):
        return Answer(status, b"")
    if fields.get("transfer-encoding", "").lower() == "chunked":
        return Answer(status, _chunks(reader))
    if "content-length" in fields:
        return Answer(status, reader.exactly(int(fields["content-length"])))
    return Answer(status, reader.to_end())


def _chunks(reader: Reader) -> bytes:
    pieces = []
    while size := int(reader.until(b"\r\n").partition(b";")[0], 16):
        pieces.append(reader.exactly(size))
        reader.until(b"\r\n")
    return b"".join(pieces)
