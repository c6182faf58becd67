"""A web server for one folder, on this machine."""

import re
from collections.abc import Callable
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from convox.errors import InvalidInput, NotFound
from convox.feed.layout import METADATA

_RANGE = re.compile(r"bytes=([0-9]+)-")


def serve_folder(folder: Path, port: int, started: Callable[[str], object]) -> None:
    """Serve until interrupted; ``started`` is told the address."""
    if not (folder / METADATA).is_dir():
        raise NotFound(f"cannot serve {folder}: there is no feed; make one with init")
    try:
        listening = folder_server(folder, port)
    except (OSError, OverflowError) as error:
        raise InvalidInput(
            f"cannot serve {folder} on port {port}: {error}; give another --port, or 0 for any"
        ) from error
    with listening as server:
        started(f"http://127.0.0.1:{server.server_port}")
        server.serve_forever()


def folder_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server that listens and does not serve yet."""

    class Handler(_FolderHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


class _FolderHandler(SimpleHTTPRequestHandler):
    """Serves files, also from a position on; neither lists folders nor shows hidden files."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    error_content_type = "text/plain;charset=utf-8"
    error_message_format = "%(code)d %(message)s\n"

    def send_head(self) -> BytesIO | BinaryIO | None:
        path = Path(self.translate_path(self.path))
        if not path.is_file() or path.name.startswith("."):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        size = path.stat().st_size
        wanted = _RANGE.fullmatch(self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted else 0
        if wanted and start >= size:
            self.send_error(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            return None
        self.send_response(HTTPStatus.PARTIAL_CONTENT if wanted else HTTPStatus.OK)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(size - start))
        self.end_headers()
        stream = path.open("rb")
        stream.seek(start)
        return cast("BinaryIO", stream)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: a server's requests are no concern of who types the command."""
