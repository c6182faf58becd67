"""What a benchmark found, as a person reads it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A table, with how it came about before it and what it says after it."""

    title: str
    how: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    reading: str = ""

    def markdown(self) -> str:
        """Return the result as a section of a page."""
        lines = [
            f"## {self.title}",
            "",
            self.how,
            "",
            _row(self.header),
            _row(["---", *("---:" for _ in self.header[1:])]),
            *map(_row, self.rows),
        ]
        if self.reading:
            lines += ["", self.reading]
        return "\n".join(lines) + "\n"

    def text(self) -> str:
        """Return the result as a terminal shows it."""
        lines = [self.header, *self.rows]
        table = [[cell.replace("`", "").replace("*", "") for cell in line] for line in lines]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        rows = [
            "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
            for line in table
        ]
        return "\n".join(["", self.title, *rows, *([self.reading] if self.reading else [])])


def times(value: float, reference: float) -> str:
    """Return how many times the reference a value is."""
    return f"{value / reference:.2f}" if reference else "-"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
