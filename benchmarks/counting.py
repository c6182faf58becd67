"""A plain web server for a feed's folder that counts what it is asked and what it sends.

Counted are requests, and the bytes of the answers with their heads; what TCP and TLS add is not.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from convox.feedtool.serving import folder_server
from convox.testing.fleet.load import Cost


@dataclass(slots=True)
class Counter:
    """Counts what a server is asked, and what it sends."""

    requests: int = 0
    sent: int = 0

    def take(self) -> Cost:
        """Return what was counted, and begin anew."""
        cost = Cost(requests=self.requests, sent=self.sent)
        self.requests = self.sent = 0
        return cost


@contextmanager
def counted(folder: Path) -> Iterator[tuple[str, Counter]]:
    """Serve a feed's folder; yield its address, and who counts."""
    counter = Counter()
    with folder_server(folder, 0) as server:
        _count(server, counter)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", counter
        finally:
            server.shutdown()
            thread.join()


def _count(server: ThreadingHTTPServer, counter: Counter) -> None:
    base: Any = server.RequestHandlerClass

    class Counted(base):  # type: ignore[misc] - the class is made by the server
        def parse_request(self) -> bool:
            counter.requests += 1
            return bool(super().parse_request())

        def setup(self) -> None:
            super().setup()
            self.wfile = _CountedFile(self.wfile, counter)

    server.RequestHandlerClass = Counted


class _CountedFile:
    """What is written to a connection, passed on."""

    def __init__(self, file: Any, counter: Counter) -> None:
        self._file, self._counter = file, counter

    def write(self, data: bytes) -> int:
        self._counter.sent += len(data)
        return int(self._file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
