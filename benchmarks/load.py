"""A load generator on plain sockets that costs so little that it does not set the pace.

Every byte of every answer is compared with the first one.
"""

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

CONNECTIONS = 8
DEPTH = 64
"""Requests that are under way on one connection at a time."""


def pipelined(port: int, host: str, seconds: float) -> float:
    """Return requests a second over some kept connections, each with many requests under way."""
    batch, expected = _request(host) * DEPTH, _answer(port, host) * DEPTH
    with ExitStack() as stack:
        connections = [stack.enter_context(_connect(port)) for _ in range(CONNECTIONS)]

        def act() -> int:
            for connection in connections:
                connection.sendall(batch)
            for connection in connections:
                _expect(connection, expected)
            return CONNECTIONS * DEPTH

        return _rate(act, seconds)


def in_turn(port: int, host: str, seconds: float) -> float:
    """Return requests a second over one kept connection, one after the other."""
    request, expected = _request(host), _answer(port, host)
    with _connect(port) as connection:

        def act() -> int:
            connection.sendall(request)
            _expect(connection, expected)
            return 1

        return _rate(act, seconds)


def fresh(port: int, host: str, seconds: float) -> float:
    """Return requests a second, each over a connection of its own, one after the other."""
    request, expected = _request(host), _answer(port, host)

    def act() -> int:
        with _connect(port) as connection:
            connection.sendall(request)
            _expect(connection, expected)
        return 1

    return _rate(act, seconds)


def _rate(act: Callable[[], int], seconds: float) -> float:
    began, count = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < seconds:
        count += act()
    return count / elapsed


def _request(host: str) -> bytes:
    return f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _answer(port: int, host: str) -> bytes:
    """Return what the server answers; all are the same, byte by byte."""
    with _connect(port) as connection:
        connection.sendall(_request(host))
        answer = connection.recv(65536)
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"the server on port {port} answered {answer!r}")
    return answer


def _expect(connection: socket.socket, expected: bytes) -> None:
    received = b""
    while len(received) < len(expected):
        chunk = connection.recv(len(expected) - len(received))
        if not chunk:
            raise RuntimeError("the server closed a connection that was to be kept")
        received += chunk
    if received != expected:
        raise RuntimeError(f"the server answered otherwise than before: {received[:200]!r}")
