"""The history: what was asked of the rack, and whether somebody edited it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from convox.audit import history
from convox.audit.anchor import Anchor
from convox.audit.chain import verify
from convox.audit.entry import Entry, Head, Kind
from convox.audit.finding import Finding
from convox.errors import InvalidInput
from convox.host.clock import Clock
from convox.state.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a history is whole: it is where nothing was found.

    ``head`` is its newest entry, for whoever keeps it where nobody of the rack can write.
    """

    entries: int
    head: Head
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The history of a rack."""

    database: Database
    anchor: Anchor
    clock: Clock

    def entries(self, *, since: timedelta | None, kind: str | None, limit: int) -> Sequence[Entry]:
        """Return entries, the newest first."""
        if kind is not None and kind not in set(Kind):
            raise InvalidInput(
                f"cannot list entries of kind {kind[:60]!r}: there is none;"
                f" the kinds are {', '.join(sorted(Kind))}"
            )
        moment = None if since is None else self.clock.now() - since
        with self.database.look() as connection:
            found = history.entries(connection, since=moment, kind=kind, limit=max(0, limit))
        return list(reversed(found))

    def verify(self, known: Head | None) -> Verdict:
        """Check the whole history against its head, and against one that was kept elsewhere."""
        # The head first: what is added meanwhile lies past it.
        head = self.anchor.read()
        with self.database.look() as connection:
            found = history.entries(connection)
            newest = history.newest(connection)
        findings = verify(found, head)
        if known is not None and not findings:
            findings = verify(found, known)
        return Verdict(entries=len(found), head=newest, findings=findings)
