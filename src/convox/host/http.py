"""Small requests to servers of this machine."""

import asyncio
import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT = 5.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered."""

    status: int
    body: bytes


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_TIMEOUT)
        self.sock.connect(str(self._path))


async def get_unix(path: Path, url: str, headers: Mapping[str, str]) -> Answer:
    """GET from the server on a unix socket; ``OSError`` where it does not answer."""
    return await asyncio.to_thread(_get, _UnixConnection(path), url, headers)


async def get(address: str, port: int, url: str, headers: Mapping[str, str]) -> Answer:
    """GET over plain HTTP; ``OSError`` where nobody answers."""
    connection = http.client.HTTPConnection(address, port, timeout=_TIMEOUT)
    return await asyncio.to_thread(_get, connection, url, headers)


async def get_tls(address: str, port: int, url: str, headers: Mapping[str, str]) -> Answer:
    """GET over TLS from a server of ours, whose certificate is our own and is not checked."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(address, port, timeout=_TIMEOUT, context=context)
    return await asyncio.to_thread(_get, connection, url, headers)


def _get(connection: http.client.HTTPConnection, url: str, headers: Mapping[str, str]) -> Answer:
    try:
        connection.request("GET", url, headers=dict(headers))
        answer = connection.getresponse()
        return Answer(status=answer.status, body=answer.read())
    except http.client.HTTPException as error:
        raise ConnectionError(f"no whole answer: {error!r}") from error
    finally:
        connection.close()
