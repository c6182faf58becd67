"""WebSockets whose text frames carry any bytes, as Convox clients speak them.

Convox sends all data, valid UTF-8 or not, in text frames, and an empty binary frame as the end of a
stream. An ASGI server hands text frames over as text, and so has to reject what is not UTF-8. This
protocol swaps the two kinds of frames on their way in and out: to the application, data is bytes,
and the end of the stream is an empty text.
"""

import asyncio
import logging
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol


class SwappedFrames(ServerProtocol):
    """Sends bytes in text frames and text in binary ones."""

    def send_binary(self, data: bytes | bytearray | memoryview, fin: bool = True) -> None:  # noqa: FBT001, FBT002 - the base's
        super().send_text(data, fin)

    def send_text(self, data: bytes | bytearray | memoryview, fin: bool = True) -> None:  # noqa: FBT001, FBT002 - the base's
        super().send_binary(data, fin)


class BytesInText(WebSocketsSansIOProtocol):
    """A connection with swapped frames, which a server that shuts down lets come to its end."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = SwappedFrames(
            max_size=config.ws_max_size, logger=logging.getLogger("uvicorn.error")
        )

    def handle_text(self, event: Frame) -> None:
        """Hand data over as bytes."""
        super().handle_bytes(event)

    def handle_bytes(self, event: Frame) -> None:
        """Hand the end of the stream over as an empty text: no client sends data with it."""
        super().handle_text(Frame(Opcode.TEXT, b"", event.fin))

    def shutdown(self) -> None:
        """Leave an open stream alone: another control plane serves new ones, not this one."""
        if not self.handshake_complete:
            super().shutdown()
