"""The rack's id: what gives it its place in a phased roll-out, and tells nobody who it is."""

from convox.host.ids import IdSource
from convox.state import facts
from convox.state.lease import Lease

_FACT = "rack id"


def identity(lease: Lease, ids: IdSource) -> str:
    """Return the id; a rack that has none gets one, and keeps it."""
    with lease.database.look() as connection:
        known: str | None = facts.get(connection, _FACT)
    if known is None:
        known = ids.new("0123456789abcdef", 32)
        with lease.fenced() as connection:
            facts.put(connection, _FACT, known)
    return known
