"""A server that says given bytes, whatever it is asked."""

import socket
import threading
from collections.abc import Iterator

import pytest

from convox.client.endpoint import Endpoint


class Speakers:
    """Servers for one connection each; ``heard`` is what came after the heads of requests."""

    def __init__(self) -> None:
        self.heard = b""
        self._servers: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __call__(self, *pieces: bytes) -> Endpoint:
        """Start a server that sends these bytes piece by piece, and then closes."""
        return self._start(lambda connection: self._say(connection, pieces))

    def and_listens(self, *pieces: bytes) -> Endpoint:
        """Start a server that sends these bytes, and then listens until the client closes."""

        def speak(connection: socket.socket) -> None:
            self._say(connection, pieces)
            while data := connection.recv(65536):
                self.heard += data

        return self._start(speak)

    def settle(self) -> None:
        """Wait until every connection is closed."""
        for thread in self._threads:
            thread.join(30)

    def close(self) -> None:
        for server in self._servers:
            server.close()

    def _say(self, connection: socket.socket, pieces: tuple[bytes, ...]) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (byte := connection.recv(1)):
                return  # nothing was asked
            head += byte
        for piece in pieces:
            connection.sendall(piece)

    def _start(self, speak) -> Endpoint:
        server = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                speak(connection)

        self._servers.append(server)
        self._threads.append(threading.Thread(target=serve, daemon=True))
        self._threads[-1].start()
        return Endpoint(host=f"127.0.0.1:{server.getsockname()[1]}", scheme="http")


@pytest.fixture
def says() -> Iterator[Speakers]:
    speakers = Speakers()
    yield speakers
    speakers.settle()
    speakers.close()
