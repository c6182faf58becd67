"""Servers that take notices, as well or as badly as a test wants."""

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Got:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Hook:
    """A web server: answers with each status in turn, and then always with the last."""

    statuses: list[int] = field(default_factory=lambda: [200])
    said: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None  # bytes of its answer, where that is another number
    wait: float = 0.0  # seconds before it answers
    got: list[Got] = field(default_factory=list)
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        size = int(handler.headers["Content-Length"])
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.got.append(Got(handler.path, headers, handler.rfile.read(size)))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        time.sleep(self.wait)
        handler.send_response(status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        size = len(self.said) if self.promised is None else self.promised
        handler.send_header("Content-Length", str(size))
        handler.end_headers()
        handler.wfile.write(self.said)
        if self.promised is not None:
            handler.rfile.read()  # until the other side has gone


@contextmanager
def listening(hook: Hook, tls: ssl.SSLContext | None = None) -> Iterator[Hook]:
    """Serve a hook on a free port of loopback, over TLS where that is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    hook.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/hooks/T0K3N"
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
