"""Notice that something may have changed on any instance."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path

from convox.engine.local.conversation import socket_path

_LOOK = 1.0  # seconds between looks for instances that others have launched
_EAGER_LOOK = 0.1  # seconds between attempts to reach an instance that does not tell
_BLIND_LOOKS = 5  # attempts after which something may have changed unnoticed


class _Watch(asyncio.Protocol):
    """A connection on which an agent tells of changes; so does its end."""

    def __init__(self, news: asyncio.Event) -> None:
        self._news = news
        self.is_open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream's is one
        transport.write(b'{"do": "watch"}\n')

    def data_received(self, data: bytes) -> None:
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._news.set()


class Watching:
    """The watch over all instances, for one watcher."""

    def __init__(self, directories: Callable[[], Iterable[Path]]) -> None:
        self.news = asyncio.Event()
        self._directories = directories
        self._watches: dict[Path, tuple[_Watch, asyncio.BaseTransport]] = {}

    async def notices(self) -> AsyncIterator[None]:
        """Yield at once, and whenever something may have changed."""
        self.news.set()
        blind_looks = 0
        with self._closing():
            while True:
                await self._attach()
                is_blind = self._is_blind()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_EAGER_LOOK if is_blind else _LOOK):
                        await self.news.wait()
                blind_looks += is_blind
                if self.news.is_set() or blind_looks >= _BLIND_LOOKS:
                    self.news.clear()
                    blind_looks = 0
                    yield

    def _is_blind(self) -> bool:
        """Say whether an instance does not tell, so that it may change at any time."""
        return self._watches.keys() != set(self._directories())

    async def _attach(self) -> None:
        """Watch every instance there is, and none that is gone."""
        present = set(self._directories())
        for directory, (watch, transport) in list(self._watches.items()):
            if directory not in present or not watch.is_open:
                transport.close()
                del self._watches[directory]
        loop = asyncio.get_running_loop()
        for directory in present - self._watches.keys():
            with contextlib.suppress(OSError), socket_path(directory) as path:
                transport, watch = await loop.create_unix_connection(
                    lambda: _Watch(self.news), path
                )
                self._watches[directory] = (watch, transport)

    @contextlib.contextmanager
    def _closing(self) -> Iterator[None]:
        try:
            yield
        finally:
            for _, transport in self._watches.values():
                transport.close()
