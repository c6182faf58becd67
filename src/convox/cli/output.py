"""All that is printed, in one place: the only formatter.

Bytes go out as they are, since logs are not always text. Colours and live lines are for terminals.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

_COLOURS = {"header": 244, "value": 251, "ok": 46, "error": 124}
_ERASE = b"\r\x1b[K"


class Output:
    """Where a command writes: results to one stream, errors to the other."""

    def __init__(self, results: BinaryIO, errors: BinaryIO, *, live: bool, colour: bool) -> None:
        self._results, self._errors = results, errors
        self._live, self._colour = live, colour
        self.as_json = False
        self._shows_live = False
        self._has_begun = False

    def to_errors(self) -> "Output":
        """Return an output whose every word goes to the errors, so that the results stay bare."""
        return Output(self._errors, self._errors, live=self._live, colour=self._colour)

    def raw(self, data: bytes) -> None:
        """Write bytes as they are."""
        if self._shows_live:
            self._results.write(_ERASE)
            self._shows_live = False
        self._results.write(data)
        self._results.flush()
        self._has_begun = False

    def write(self, text: str) -> None:
        """Write text as it is."""
        self.raw(text.encode(errors="surrogateescape"))

    def line(self, text: str) -> None:
        """Write a line."""
        self.write(f"{text}\n")

    def start(self, doing: str) -> None:
        """Say what is being done now; ``ok`` or an error ends the line."""
        self.write(f"{doing}... ")
        self._has_begun = True

    def meanwhile(self, line: bytes) -> None:
        """Write a line of a log on a line of its own, whatever was begun before it."""
        self.raw((b"\n" if self._has_begun else b"") + line)

    def ok(self, result: str = "") -> None:
        """Say that it is done, and what came of it."""
        self.line(self._paint("OK", "ok") + (f", {result}" if result else ""))

    def live(self, text: str) -> None:
        """Show what happens at this moment, until the next word; nothing but on a terminal."""
        if self._live:
            self._results.write(_ERASE + text.encode())
            self._results.flush()
            self._shows_live = True

    def table(self, source: Any, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Show rows under their columns, or the rack's own words for them as JSON."""
        if self.as_json:
            self.json(source)
            return
        body = [[_text(cell) for cell in row] for row in rows]
        widths = [max(map(_width, column)) for column in zip(columns, *body, strict=True)]
        self.line(self._row(columns, widths, "header"))
        for row in body:
            self.line(self._row(row, widths, "value"))

    def record(self, source: Any, pairs: Iterable[tuple[str, Any]]) -> None:
        """Show one thing's properties, or the rack's own words for it as JSON."""
        if self.as_json:
            self.json(source)
            return
        known = [(key, _text(value)) for key, value in pairs]
        widest = max((_width(key) for key, _ in known), default=0)
        indent = "\n" + " " * (widest + 2)
        for key, value in known:
            name = self._paint(_padded(key, widest), "header")
            self.line(f"{name}  {self._paint(indent.join(value.splitlines()), 'value')}")

    def value(self, text: str) -> None:
        """Show a single value, bare or as JSON."""
        if self.as_json:
            self.json(text)
        else:
            self.line(text)

    def json(self, value: Any) -> None:
        """Show a value as JSON."""
        self.line(json.dumps(value, indent=2, ensure_ascii=False))

    def notice(self, text: str) -> None:
        """Tell beside the results what one should know."""
        self._tell("NOTICE", text, "header")

    def error(self, text: str) -> None:
        """Say why it did not work."""
        self._tell("ERROR", text, "error")

    def _tell(self, word: str, text: str, colour: str) -> None:
        if self._shows_live:
            self.raw(b"")
        self._errors.write(f"{self._paint(word, colour)}: {text}\n".encode(errors="replace"))
        self._errors.flush()

    def _row(self, cells: Sequence[str], widths: Sequence[int], colour: str) -> str:
        padded = [_padded(cell, width) for cell, width in zip(cells, widths, strict=True)]
        return "  ".join(self._paint(cell, colour) for cell in [*padded[:-1], cells[-1]])

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[38;5;{_COLOURS[colour]}m{text}\x1b[0m" if self._colour and text else text


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _width(text: str) -> int:
    return len(text.encode(errors="replace"))


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
