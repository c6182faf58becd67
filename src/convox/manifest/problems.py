"""What is wrong with a manifest, all of it at once."""

from dataclasses import dataclass

import yaml

from convox.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing to mend; line and column count from 1."""

    line: int
    column: int
    text: str


class Problems:
    """The problems of one file, collected while it is read."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: set[Problem] = set()

    def add(self, node: yaml.Node, text: str) -> None:
        """Remember a problem at the place of the node."""
        mark = node.start_mark
        self._found.add(Problem(line=mark.line + 1, column=mark.column + 1, text=text))

    def check(self) -> None:
        """Fail with ``InvalidInput``, one line for each problem, when there is any."""
        if self._found:
            lines = (f"{self._file}:{p.line}:{p.column}: {p.text}" for p in sorted(self._found))
            raise InvalidInput("\n".join(lines))
