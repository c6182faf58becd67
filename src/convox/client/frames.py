"""WebSocket frames (RFC 6455, 5.2), as a client writes and reads them. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_FINAL, _MASKED = 0x80, 0x80
_SHORT, _LONG = 126, 127  # a length of two bytes follows, of eight bytes


class Frame(NamedTuple):
    """One frame. A continuation bears the kind of the message that it continues."""

    kind: int
    payload: bytes


def encode(kind: int, payload: bytes, mask: bytes) -> bytes:
    """Return a whole message in one frame; the four bytes of ``mask`` should be random."""
    size = len(payload)
    if size < _SHORT:
        length = bytes([_MASKED | size])
    elif size < 65536:
        length = bytes([_MASKED | _SHORT]) + size.to_bytes(2, "big")
    else:
        length = bytes([_MASKED | _LONG]) + size.to_bytes(8, "big")
    return bytes([_FINAL | kind]) + length + mask + _masked(payload, mask)


def _masked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


class Decoder:
    """Finds the frames in what arrives, however it was cut."""

    def __init__(self) -> None:
        self._rest = b""
        self._kind = TEXT

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Return the frames that are whole now."""
        self._rest += data
        start = 0
        while found := _bounds(self._rest, start):
            first, begin, end = found
            yield Frame(self._message(first & 0x0F), self._rest[begin:end])
            start = end
        self._rest = self._rest[start:]

    def _message(self, kind: int) -> int:
        if kind in (TEXT, BINARY):
            self._kind = kind
        return self._kind if kind == CONTINUATION else kind


def _bounds(data: bytes, start: int) -> tuple[int, int, int] | None:
    """Return a frame's first byte and where its payload lies; ``None`` until it is whole."""
    if len(data) < start + 2:
        return None
    size, begin = data[start + 1] & 0x7F, start + 2
    extra = {_SHORT: 2, _LONG: 8}.get(size, 0)
    if extra:
        if len(data) < begin + extra:
            return None
        size = int.from_bytes(data[begin : begin + extra], "big")
    begin += extra
    return (data[start], begin, begin + size) if len(data) >= begin + size else None
