"""Streams between a person and the rack, in Convox's framing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

_MARKER = "F1E49A85-0AD7-4AEF-A618-C249C6E6568D:"
_AHEAD = 64  # frames that are read before the program takes them
_LARGEST = 64 * 1024  # bytes in a frame

T = TypeVar("T")


class Stream:
    """A person's end of a WebSocket; its frames are swapped by ``frames``.

    Keeps ``convox.engine.engine.Streams``.
    """

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._input: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)

    async def input(self) -> AsyncIterator[bytes]:
        """Yield what the person sends, until they end it or go away."""
        while (data := await self._input.get()) is not None:
            yield data

    async def output(self, data: bytes) -> None:
        """Send data; what goes to somebody who has left is dropped."""
        for start in range(0, len(data), _LARGEST):
            await self._send(data[start : start + _LARGEST])

    async def end(self, status: int | None = None) -> None:
        """Send the program's exit status, if there is one, and the end of the stream.

        The status must be a frame of its own: clients look for it at the start of what they read.
        """
        if status is not None:
            await self._send(f"{_MARKER}{status}\n".encode())
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.send_text("")
            await self._socket.close()

    async def serve(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do the work while the person is there; ``None`` where they left before its end."""
        async with asyncio.TaskGroup() as group:
            done = group.create_task(work)
            left = group.create_task(self._read())
            await asyncio.wait({done, left}, return_when=asyncio.FIRST_COMPLETED)
            left.cancel()
            done.cancel()
        return None if done.cancelled() else done.result()

    async def _send(self, data: bytes) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.send_bytes(data)

    async def _read(self) -> None:
        """Queue what arrives; return when the person has left."""
        while self._socket.client_state is WebSocketState.CONNECTED:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                break
            await self._input.put(message.get("bytes"))
        await self._input.put(None)
