"""Requests to servers elsewhere that may be slow, dead, or something else than they should be."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import SplitResult, urlsplit

import httptools

from convox.host.apart import apart
from convox.host.proxies import Proxy, proxy_for, tunnel

_MOST = 64 * 1024  # bytes of an answer that are read
_CHUNK = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered, as far as it was read; the names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Reading:
    """An answer that comes in; it ``is_read`` with its head where that says yes."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.is_read = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, chunk: bytes) -> None:
        self._parser.feed_data(chunk)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self.is_read = 200 <= self.status < 300

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.is_read = self.status >= 200


async def post(url: str, body: bytes, headers: Mapping[str, str], *, limit: float) -> Reply:
    """POST, and follow nowhere; ``OSError`` where nothing was answered in ``limit`` seconds.

    Of an answer that says yes, only the head is read.
    """
    try:
        async with asyncio.timeout(limit):
            return await _exchange(urlsplit(url), body, headers)
    except TimeoutError as error:
        raise TimeoutError(f"no answer in {limit:g} s") from error


async def _exchange(url: SplitResult, body: bytes, headers: Mapping[str, str]) -> Reply:
    proxy = proxy_for(url)
    reader, writer = await _connect(url, proxy)
    try:
        writer.write(_head(url, proxy, {**headers, "content-length": str(len(body))}) + body)
        await writer.drain()
        return await _reply(reader)
    except httptools.HttpParserError as error:
        raise ConnectionError(f"no HTTP is spoken there: {error}") from error
    finally:
        writer.transport.abort()


async def _connect(
    url: SplitResult, proxy: Proxy | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, is_secure = url.hostname or "", url.scheme == "https"
    port = url.port or (443 if is_secure else 80)
    tls = await apart(ssl.create_default_context) if is_secure else None
    if proxy is None:
        return await _open(host, port, tls)
    reader, writer = await _open(proxy.host, proxy.port, None)
    if tls:
        try:
            await tunnel(reader, writer, proxy, (host, port), tls)
        except BaseException:
            writer.transport.abort()
            raise
    return reader, writer


async def _open(
    host: str, port: int, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Try the addresses of a name in turn; the loop's own threads are too few to hang on names."""
    found = await apart(partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM))
    name = host if tls else None
    failure: OSError = ConnectionError(f"{host} has no address")
    for *_, address in found:
        try:
            return await asyncio.open_connection(*address[:2], ssl=tls, server_hostname=name)
        except OSError as error:
            failure = error
    raise failure


def _head(url: SplitResult, proxy: Proxy | None, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request; a proxy that sees it is told where it goes."""
    seen_by = proxy if url.scheme == "http" else None
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    fields = {"host": url.netloc, "connection": "close", **headers}
    if seen_by:
        target, fields = f"http://{url.netloc}{target}", fields | seen_by.headers
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def _reply(reader: asyncio.StreamReader) -> Reply:
    found, size = _Reading(), 0
    while not found.is_read and size < _MOST:
        chunk = await reader.read(_CHUNK)
        if not chunk:
            break
        size += len(chunk)
        found.feed(chunk)
    if found.status < 200:
        raise ConnectionError("the connection was closed without an answer")
    return Reply(status=found.status, headers=found.headers, body=found.body)
