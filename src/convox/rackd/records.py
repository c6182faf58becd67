"""Open the rack's records, where the release that runs can read them."""

from pathlib import Path

from convox.feed.store import Store
from convox.state import migrate
from convox.state.database import Database
from convox.state.epochs import STATE
from convox.update.slots import Slots


def open_records(url: str, home: Path, slot: str) -> Database:
    """Return the database; ``StateError`` where it is kept in a form that the slot cannot read."""
    database = Database(url)
    slots = Slots(home / "slots", Store(home / "store"))
    migrate.check_readable(database, reads=slots.reads(slot, STATE))
    return database
