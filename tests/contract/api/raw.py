"""A client that puts on the wire what a Convox client puts there, byte by byte."""

import asyncio
import base64
import json
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

PASSWORD = "abcDEF123"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FORM = "application/x-www-form-urlencoded"
OCTETS = "application/octet-stream"
MARKER = b"F1E49A85-0AD7-4AEF-A618-C249C6E6568D:"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def standard_headers(password: str | None) -> dict[str, str]:
    headers = {
        "Host": "127.0.0.1:5443",
        "User-Agent": "convox.go/dev",
        "Accept": "*/*",
        "Rack": "dev",
        "Session": "",
        "Version": "dev",
    }
    if password is not None:
        credentials = base64.b64encode(f"convox:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {credentials}"
    return headers


@dataclass(frozen=True)
class Client:
    """Sends one request a connection."""

    socket: Path

    async def call(
        self,
        method: str,
        target: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        chunks: Sequence[bytes] | None = None,
        password: str | None = PASSWORD,
    ) -> Answer:
        sent = {**standard_headers(password), **(headers or {})}
        body: list[bytes] = []
        if params is not None:
            content = urlencode(params).encode()
            sent |= {"Content-Type": FORM, "Content-Length": str(len(content))}
            body = [content]
        elif chunks is not None:
            sent |= {"Content-Type": OCTETS, "Transfer-Encoding": "chunked"}
            body = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks] + [b"0\r\n\r\n"]
        else:
            sent |= {"Content-Type": OCTETS, "Content-Length": "0"}
        reader, writer = await asyncio.open_unix_connection(str(self.socket))
        writer.write(_head(method, target, sent))
        for part in body:
            writer.write(part)
            await writer.drain()
        answer = await _answer(reader, method)
        writer.close()
        return answer

    async def get(self, target: str, **options: Any) -> Any:
        answer = await self.call("GET", target, **options)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json

    async def open(
        self,
        target: str,
        headers: Mapping[str, str] | None = None,
        *,
        password: str | None = PASSWORD,
    ) -> "Stream":
        reader, writer = await asyncio.open_unix_connection(str(self.socket))
        handshake = {
            **standard_headers(password),
            "Origin": "https://127.0.0.1:5443",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **(headers or {}),
        }
        writer.write(_head("GET", target, handshake))
        answer = await _answer(reader, "HEAD")
        if answer.status != 101:
            writer.close()
            raise HandshakeError(answer.status)
        return Stream(reader, writer)


class HandshakeError(Exception):
    pass


class Stream:
    """A WebSocket as a Convox client has it: unvalidated text frames, empty binary as the end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def frame(self, opcode: int, data: bytes, *, fin: bool = True) -> None:
        mask = os.urandom(4)
        size = (
            struct.pack("!B", 0x80 | len(data))
            if len(data) < 126
            else struct.pack("!BH", 0x80 | 126, len(data))
        )
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        self._writer.write(bytes([(0x80 if fin else 0) | opcode]) + size + mask + masked)

    def type(self, data: bytes) -> None:
        """Send input in pieces of 1024 bytes, one frame each."""
        for start in range(0, len(data), 1024):
            self.frame(TEXT, data[start : start + 1024])

    def end_input(self) -> None:
        self.frame(BINARY, b"")

    async def next_frame(self) -> tuple[int, bytes]:
        while True:
            first, second = await self._reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self._reader.readexactly(8))
            data = await self._reader.readexactly(size)
            if first & 0x0F == PING:
                self.frame(PONG, data)
                continue
            return first & 0x0F, data

    async def frames(self) -> list[tuple[int, bytes]]:
        """Return every frame up to the end of the stream, which is not among them."""
        found = []
        while (frame := await self.next_frame()) != (BINARY, b""):
            found.append(frame)
        return found

    async def read(self) -> tuple[bytes, int]:
        """Return the output and the exit status, as a Convox client finds them."""
        output, status = b"", 0
        for opcode, data in await self.frames():
            assert opcode == TEXT
            if data.startswith(MARKER):
                status = int(data.removeprefix(MARKER))
            else:
                output += data
        return output, status

    async def read_until(self, text: bytes) -> bytes:
        output = b""
        while text not in output:
            opcode, data = await self.next_frame()
            assert opcode == TEXT
            output += data
        return output

    def leave(self) -> None:
        self._writer.transport.abort()


def _head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """Return a request's head; a Convox client's targets always have a question mark."""
    target = target if "?" in target else f"{target}?"
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode()


async def _answer(reader: asyncio.StreamReader, method: str) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ")[1])
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    if method == "HEAD":
        return Answer(status, headers, b"")
    if headers.get("transfer-encoding") == "chunked":
        return Answer(status, headers, await _chunks(reader))
    return Answer(status, headers, await reader.readexactly(int(headers["content-length"])))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    return body
