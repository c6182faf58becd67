"""Tell whoever watches that something has changed; several changes may be one notice."""

import asyncio
from collections.abc import AsyncIterator


class Changes:
    """The notices of one instance."""

    def __init__(self) -> None:
        self._watchers: set[asyncio.Event] = set()

    def tell(self) -> None:
        for watcher in self._watchers:
            watcher.set()

    async def watch(self) -> AsyncIterator[None]:
        """Yield at once, and after each change."""
        watcher = asyncio.Event()
        self._watchers.add(watcher)
        try:
            while True:
                watcher.clear()
                yield
                await watcher.wait()
        finally:
            self._watchers.discard(watcher)
