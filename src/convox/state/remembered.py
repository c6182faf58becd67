"""What was read of the records, read again only when something may have been written since."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import sqlalchemy as sa

from convox.state.database import Database

_Read = TypeVar("_Read")


class Remembered(Generic[_Read]):
    """Reads as ``read`` does, and remembers it; ``read`` must look at nothing but the records."""

    def __init__(self, database: Database, read: Callable[[sa.Connection], _Read]) -> None:
        self._database = database
        self._read = read
        self._last: tuple[Hashable, _Read] | None = None

    def __call__(self, connection: sa.Connection) -> _Read:
        """Return what the transaction sees."""
        moment = self._database.moment(connection)
        if self._last is None or self._last[0] != moment:
            self._last = moment, self._read(connection)
        return self._last[1]
