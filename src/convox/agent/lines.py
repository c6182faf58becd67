"""Cut what a program writes into lines that can be stored and shown. Pure."""

_LONGEST = 16384  # bytes of one line; longer ones come in pieces


class Lines:
    """The lines of one program, fed in chunks of any size."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[str]:
        """Take a chunk and return the lines that it completes."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        lines = [text for line in whole for text in _pieces(line)]
        while len(self._rest) > _LONGEST:
            piece, self._rest = _split(self._rest)
            lines.append(_readable(piece))
        return lines

    def finish(self) -> list[str]:
        """Return the last line where it has no end."""
        rest, self._rest = self._rest, b""
        return [_readable(rest)] if rest else []


def _pieces(line: bytes) -> list[str]:
    pieces = []
    while len(line) > _LONGEST:
        piece, line = _split(line)
        pieces.append(_readable(piece))
    return [*pieces, _readable(line)]


def _split(line: bytes) -> tuple[bytes, bytes]:
    """Cut at the limit, but not within a character of UTF-8."""
    cut = _LONGEST
    while cut > _LONGEST - 3 and line[cut] & 0xC0 == 0x80:
        cut -= 1
    return line[:cut], line[cut:]


def _readable(line: bytes) -> str:
    return line.rstrip(b"\r").replace(b"\0", b"").decode(errors="replace")
