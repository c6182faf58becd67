"""The head of the history, kept in a file of its own: what shows that the end was cut off.

The chain alone cannot: what is left of it is whole. The file moves on only from an entry that is
still there, so a history that was tampered with does not become the right one with its next entry.
"""

from collections.abc import Callable
from pathlib import Path

from convox.audit import history
from convox.audit.chain import is_whole
from convox.audit.entry import EMPTY, Head
from convox.host.files import read_json, write_json
from convox.state.database import Database

_LOOK = "see `convox rack audit verify`"


class Anchor:
    """The head file of a rack. ``say`` is told once of what is wrong, until it is another thing."""

    def __init__(self, path: Path, database: Database, say: Callable[[str], None]) -> None:
        self._path = path
        self._database = database
        self._say = say
        self._trouble = ""

    def read(self) -> Head | None:
        """Return the head as it was kept last; ``None`` where that is lost."""
        try:
            value = read_json(self._path)
            return Head(number=int(value["number"]), digest=str(value["digest"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep(self) -> None:
        """Move the head on to the newest entry, unless the history was tampered with.

        A disk that is full leaves it where it is, for the next time.
        """
        try:
            trouble = self._advance()
        except OSError as error:
            trouble = f"cannot keep the head of the history: {error.strerror}"
        if trouble and trouble != self._trouble:
            self._say(trouble)
        self._trouble = trouble

    def renew(self) -> None:
        """Take the newest entry for the head, whatever was anchored before.

        Only for whoever put a copy of the records in their place, and said in an entry which head
        that cut off.
        """
        with self._database.look() as connection:
            newest = history.newest(connection)
        self._write(newest)

    def _advance(self) -> str:
        known = self.read()
        with self._database.look() as connection:
            newest = history.newest(connection)
            added = history.entries(connection, after=known.number) if known else []
        if known is None:
            if newest != EMPTY:
                return f"the head of the history is lost; {_LOOK}"
            self._write(EMPTY)
        elif newest != known:
            if not added or not is_whole(added, known, start=known):
                return f"the history is not what it was; {_LOOK}"
            self._write(newest)
        return ""

    def _write(self, head: Head) -> None:
        write_json(self._path, {"number": head.number, "digest": head.digest}, mode=0o600)
