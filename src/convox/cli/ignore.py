"""Which files a ``.dockerignore`` leaves out (Docker's rules). Pure.

One pattern a line, relative to the folder. ``*`` and ``?`` stay within a name, ``**`` crosses
folders; a pattern that matches a folder matches all in it. ``!`` takes back; the last match counts.
"""

import re
from typing import NamedTuple, Self


class _Pattern(NamedTuple):
    expression: re.Pattern[str]
    takes_back: bool


class Ignored:
    """The patterns of a folder."""

    def __init__(self, patterns: list[_Pattern]) -> None:
        self._patterns = patterns

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the lines of a file; blank ones and those that begin with ``#`` say nothing."""
        lines = (line.strip() for line in text.splitlines())
        return cls([_pattern(line) for line in lines if line.strip("!/") and line[0] != "#"])

    def matches(self, name: str) -> bool:
        """Say whether the file or folder of this name stays out."""
        for pattern in reversed(self._patterns):
            if pattern.expression.fullmatch(name):
                return not pattern.takes_back
        return False

    def may_hold_exceptions(self, folder: str) -> bool:
        """Say whether something in a folder that stays out may be taken back."""
        return folder != ".git" and any(pattern.takes_back for pattern in self._patterns)


def _pattern(line: str) -> _Pattern:
    takes_back = line.startswith("!")
    path = line.removeprefix("!").strip().strip("/").removeprefix("./")
    expression, at = "", 0
    while at < len(path):
        piece, size = _translate(path, at)
        expression, at = expression + piece, at + size
    return _Pattern(re.compile(f"{expression}(/.*)?", re.DOTALL), takes_back)


def _translate(path: str, at: int) -> tuple[str, int]:
    """Return the expression for what stands at a place of a pattern, and how long that is."""
    if path.startswith("**/", at):
        return "(.*/)?", 3
    if path.startswith("**", at):
        return ".*", 2
    if path[at] in "*?":
        return {"*": "[^/]*", "?": "[^/]"}[path[at]], 1
    if path[at] == "[" and (end := path.find("]", at + 2)) > 0:
        inside = path[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
        return f"[{inside}]", end + 1 - at
    if path[at] == "\\" and at + 1 < len(path):
        return re.escape(path[at + 1]), 2
    return re.escape(path[at]), 1
