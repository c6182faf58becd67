"""The keeper's socket: a connection carries one request and its answer, a line of JSON each.

``{"do": "switch", "slot": ..., "seconds": ...}`` is answered with the status, or with
``{"error": text}``. Who may open the socket is decided by its mode alone.
"""

import json
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from convox.keeper.record import Refusal

Answer = Mapping[str, Any]
_PATIENCE = 2.0  # seconds for a client to say its line
_LONGEST = 65536  # bytes of a request


class Control:
    """Listens; one client at a time, since each is done in a moment."""

    def __init__(self, path: Path, answer: Callable[[dict[str, Any]], Answer]) -> None:
        self._path = path
        self._answer = answer
        self._socket = socket.socket(socket.AF_UNIX)
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._socket.bind(str(path))
        finally:
            os.umask(before)
        self._socket.listen()
        self._socket.settimeout(0)

    def fileno(self) -> int:
        """Return the descriptor that can be read when a client comes."""
        return self._socket.fileno()

    def serve(self) -> None:
        """Answer the client that came."""
        try:
            connection, _ = self._socket.accept()
        except OSError:
            return  # It has gone again.
        with connection:
            connection.settimeout(_PATIENCE)
            try:
                answer = self._answer(_request(connection))
            except (Refusal, ValueError, KeyError, TypeError) as error:
                answer = {"error": str(error) if isinstance(error, Refusal) else repr(error)}
            except OSError as error:
                answer = {"error": f"cannot do that: {error}"}
            _reply(connection, answer)

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
        self._path.unlink(missing_ok=True)


def _request(connection: socket.socket) -> dict[str, Any]:
    data = b""
    while b"\n" not in data and len(data) < _LONGEST:
        chunk = connection.recv(_LONGEST)
        if not chunk:
            break
        data += chunk
    request = json.loads(data)
    if not isinstance(request, dict):
        raise Refusal("cannot read the request: it is not an object")
    return request


def _reply(connection: socket.socket, answer: Answer) -> None:
    with suppress(OSError):  # Where whoever asked has gone, what they asked for holds.
        connection.sendall(json.dumps(answer).encode() + b"\n")
