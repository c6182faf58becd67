"""A real small server that stands for a process of an app."""

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from convox.router.route import Target

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


class Backend:
    """Answers with its own name; ``/hold`` waits to be let go, an upgrade becomes an echo."""

    def __init__(self, name: str, server: asyncio.Server) -> None:
        self.name = name
        self.heads: list[str] = []
        self.held = asyncio.Event()
        self.let_go = asyncio.Event()
        self.open: set[asyncio.StreamWriter] = set()
        self.server = server

    @property
    def target(self) -> Target:
        host, port = self.server.sockets[0].getsockname()[:2]
        return Target(id=self.name, host=host, port=port)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        with suppress(OSError, EOFError):
            while await self._answer(reader, writer):
                pass
        self.open.discard(writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        if "\r\nupgrade: websocket" in head.lower():
            await self._echo(reader, writer, head)
            return False
        for line in head.lower().split("\r\n"):
            if line.startswith("content-length: "):
                await reader.readexactly(int(line.split()[1]))
        if head.split()[1] == "/hold":
            self.held.set()
            await self.let_go.wait()
        length = len(self.name)
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{self.name}".encode())
        return True

    async def _echo(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str
    ) -> None:
        key = re.findall(r"(?i)sec-websocket-key: (\S+)", head)[0]
        digest = hashlib.sha1((key + _MAGIC).encode()).digest()
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )
        while data := await reader.read(1000):
            writer.write(data)

    def die(self) -> None:
        """Stop listening and break every connection, as a killed process does."""
        self.server.close()
        for writer in list(self.open):
            writer.transport.abort()


@asynccontextmanager
async def backend(name: str, *, port: int = 0, path: str = "") -> AsyncIterator[Backend]:
    """Run a backend on a free port, or on the unix socket ``path``."""
    made: list[Backend] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await made[0].serve(reader, writer)

    if path:
        server = await asyncio.start_unix_server(serve, path, backlog=1000)
    else:
        server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1000)
    made.append(Backend(name, server))
    try:
        yield made[0]
    finally:
        made[0].die()
        # What still waits for its end gets to see it before the loop goes.
        await asyncio.sleep(0)


async def retire(one: Backend) -> None:
    """Stop listening as a process does that is asked to end and has nothing more to do."""
    one.server.close()
    for writer in list(one.open):
        writer.close()
