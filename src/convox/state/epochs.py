"""In which forms the rack keeps what it keeps, surface by surface, and which are gone.

A release that goes forward and writes an older form no more has let go of it: what was kept there
ages from then on, whatever release comes back later. So that form does not count any more for a way
back. A release that goes forward and begins to write it again makes it anew, from what is kept.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from convox.state import facts

Epochs = Mapping[str, frozenset[int]]
"""Epochs by surface."""

STATE = "state"
"""The surface of the database itself."""

_WRITTEN, _GONE = "epochs written", "epochs gone"


def written(connection: sa.Connection) -> Epochs:
    """Return the forms that the release committed last writes; none where nobody recorded them."""
    return _load(connection, _WRITTEN)


def gone(connection: sa.Connection) -> Epochs:
    """Return the forms that are not kept up any more."""
    return _load(connection, _GONE)


def move_forward(connection: sa.Connection, *, before: Epochs, after: Epochs) -> None:
    """Record that a newer release was committed: what only the older wrote is gone.

    What only the newer one writes was made anew, also where it was gone once.
    """
    lost = gone(connection)
    begun = {name: after[name] - before.get(name, frozenset()) for name in after}
    left = {name: epochs - begun.get(name, frozenset()) for name, epochs in lost.items()}
    dropped = {name: left.get(name, frozenset()) | _dropped(name, before, after) for name in before}
    _store(connection, _GONE, {**left, **dropped})
    _store(connection, _WRITTEN, after)


def move_back(connection: sa.Connection, *, after: Epochs) -> None:
    """Record that an older release was committed; a newer one brings its own forms with it."""
    _store(connection, _WRITTEN, after)


def _dropped(surface: str, before: Epochs, after: Epochs) -> frozenset[int]:
    return before[surface] - after[surface] if surface in after else frozenset()


def _load(connection: sa.Connection, key: str) -> Epochs:
    found = facts.get(connection, key) or {}
    return {name: frozenset(epochs) for name, epochs in found.items()}


def _store(connection: sa.Connection, key: str, epochs: Epochs) -> None:
    facts.put(connection, key, {name: sorted(each) for name, each in sorted(epochs.items())})
