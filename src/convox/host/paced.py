"""Answers over HTTP that have to keep a pace and come to an end.

A server that sends a byte now and then, or heads without end, would hold its reader for good. So
all that comes is counted where it leaves the socket: heads, bodies and what encloses them alike.
"""

import io
import socket
import time
import urllib.request
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, Any

_AROUND = 1024 * 1024  # bytes of heads that are borne
_ENCLOSED = 8  # one byte in so many may be what encloses the pieces of a body


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The slowest that is borne: each ``least`` bytes have to come within ``window`` seconds."""

    window: float = 20.0
    least: int = 80 * 1024


def opener(pace: Pace, most: int) -> urllib.request.OpenerDirector:
    """Return what opens addresses for HTTP; an answer's body is of ``most`` bytes at the most."""
    made = urllib.request.OpenerDirector()
    answer = _answer(pace, most + most // _ENCLOSED + _AROUND)
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
        _Http(answer),
        _Https(answer),
    ):
        made.add_handler(handler)
    return made


class _Counted(io.RawIOBase):
    """A socket's bytes, as long as they keep the pace and are not too many."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, pace: Pace, most: int) -> None:
        self._raw, self._connection, self._pace = raw, connection, pace
        self._left = most
        self._came, self._waited = 0, 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        patience = self._pace.window - self._waited
        if patience <= 0:
            raise self._too_slow()
        self._connection.settimeout(patience)
        before = time.monotonic()
        try:
            count = self._raw.readinto(buffer) or 0
        except TimeoutError:
            raise self._too_slow() from None
        self._count(count, time.monotonic() - before)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()

    def _count(self, count: int, waited: float) -> None:
        self._came, self._waited = self._came + count, self._waited + waited
        self._left -= count
        if self._left < 0:
            raise ConnectionError("its answer has no end")
        if self._came >= self._pace.least:
            self._came, self._waited = 0, 0.0

    def _too_slow(self) -> TimeoutError:
        return TimeoutError(
            f"it is too slow: {self._came:,} bytes in {self._pace.window:g} s, and"
            f" {self._pace.least:,} are the least"
        )


def _answer(pace: Pace, budget: int) -> type[HTTPResponse]:
    class Answer(HTTPResponse):
        def __init__(self, sock: socket.socket, *rest: Any, **more: Any) -> None:
            super().__init__(sock, *rest, **more)
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_Counted(raw, sock, pace, budget))

    return Answer


class _Redirects(urllib.request.HTTPRedirectHandler):
    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        fp.close()  # what it says is not wanted, and would be read to its end, which may never come
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class _Http(urllib.request.HTTPHandler):
    def __init__(self, answer: type[HTTPResponse]) -> None:
        super().__init__()
        self._answer = answer

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(self._connection, req)

    def _connection(self, host: str, /, **given: Any) -> HTTPConnection:
        made = HTTPConnection(host, **given)
        made.response_class = self._answer
        return made


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, answer: type[HTTPResponse]) -> None:
        super().__init__()
        self._answer = answer

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(self._connection, req)

    def _connection(self, host: str, /, **given: Any) -> HTTPSConnection:
        made = HTTPSConnection(host, **given)
        made.response_class = self._answer
        return made
