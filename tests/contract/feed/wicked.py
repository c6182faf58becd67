"""Servers that mean ill: what they send comes byte by byte, or never ends."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Answer = Callable[[socket.socket, Callable[[], bool]], None]
"""Sends until all is sent; told whether it may still."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"
RHYTHM = 0.01  # seconds between two bytes


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """Serve so; yields the address."""
    over = threading.Event()

    def goes_on() -> bool:
        return not over.wait(RHYTHM)

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5.0)
                connection.recv(65536)
                try:
                    answer(connection, goes_on)
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def trickle(content: bytes) -> Answer:
    """Send the content byte by byte, and then on."""

    def send(connection: socket.socket, goes_on: Callable[[], bool]) -> None:
        rest = iter(content)
        while goes_on():
            connection.sendall(bytes([next(rest, 0)]))

    return send


def endless(first: bytes, again: bytes) -> Answer:
    """Send ``first``, and then ``again`` without end, as fast as can be."""

    def send(connection: socket.socket, goes_on: Callable[[], bool]) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(again)

    return send


def once(content: bytes) -> Answer:
    """Send the content, and hang up."""

    def send(connection: socket.socket, goes_on: Callable[[], bool]) -> None:
        connection.sendall(content)

    return send


def silent(connection: socket.socket, goes_on: Callable[[], bool]) -> None:
    """Send nothing, and keep the line open."""
    while goes_on():
        pass
