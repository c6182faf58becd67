"""The API's server, on a unix socket of its own."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from convox.api.frames import BytesInText
from convox.host.clock import Clock

_POLL = 0.1  # seconds
_QUIET = 1.0  # seconds without a request after which no more are to be expected
_GRACE = 5  # seconds for open requests when the whole rack is to stop


class _Server(uvicorn.Server):
    """Leaves the signals to the control plane, and says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Listener:
    """Serves an application while its block lasts, and knows what is open."""

    def __init__(self, application: ASGIApp, path: Path) -> None:
        self.path = path
        self._application = application
        self._open = 0
        self._tasks = asyncio.TaskGroup()
        config = uvicorn.Config(
            self._count,
            interface="asgi3",
            loop="none",
            http="httptools",
            ws=BytesInText,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_GRACE,
        )
        self._server = _Server(config)

    async def __aenter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self.path))
        self.path.chmod(0o666)  # the router may run as another user; every request is authenticated
        await self._tasks.__aenter__()
        self._tasks.create_task(self._server.serve(sockets=[listening]))
        await self._server.is_up.wait()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        await self._tasks.__aexit__(kind, error, trace)

    async def drained(self, ending: asyncio.Event, clock: Clock, *, limit: float) -> None:
        """Wait until nothing is open any more, ``limit`` seconds at most, or until ``ending``."""
        begun = quiet_since = clock.monotonic()
        while not ending.is_set():
            now = clock.monotonic()
            if self._open:
                quiet_since = now
            if now - quiet_since > _QUIET or now - begun > limit:
                return
            await clock.sleep(_POLL)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._open += 1
        try:
            await self._application(scope, receive, send)
        finally:
            self._open -= 1
