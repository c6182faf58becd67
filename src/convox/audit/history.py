"""The history in the database: it is read, and added to at its end."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from convox.audit.entry import EMPTY, Entry, Head, Kind, canonical, seal, written_time
from convox.state.schema import audit

_ADD = audit.insert()
_NEWEST = sa.select(audit.c.number, audit.c.digest).order_by(audit.c.number.desc()).limit(1)
_LAST_SAMPLE = (
    sa.select(audit).where(audit.c.kind == Kind.SAMPLE).order_by(audit.c.number.desc()).limit(1)
)
_NOTHING: Mapping[str, Any] = {}
_NEVER = datetime.min.replace(tzinfo=UTC)


def append(
    connection: sa.Connection,
    *,
    now: datetime,
    kind: Kind,
    who: str,
    text: str,
    detail: Mapping[str, Any] = _NOTHING,
) -> Entry:
    """Add an entry, in the caller's transaction: it is durable when what it tells of is.

    ``detail`` are JSON values.
    """
    before = newest(connection)
    entry = seal(
        Entry(
            number=before.number + 1,
            time=now.astimezone(UTC),
            kind=kind.value,
            who=_storable(who),
            text=_storable(text),
            detail=json.loads(canonical(detail)),
            previous=before.digest,
            digest="",
        )
    )
    connection.execute(_ADD, _row(entry))
    return entry


def append_sample(
    connection: sa.Connection, *, now: datetime, who: str, text: str, detail: Mapping[str, Any]
) -> Entry | None:
    """Add a health sample, unless it says what the last one said.

    ``detail`` names the update, so that the first sample of each is always kept. Its last one is
    kept by ``append``.
    """
    last = connection.execute(_LAST_SAMPLE).one_or_none()
    if last is not None and last.detail == canonical(detail):
        return None
    return append(connection, now=now, kind=Kind.SAMPLE, who=who, text=text, detail=detail)


def entries(
    connection: sa.Connection,
    *,
    since: datetime | None = None,
    kind: str | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> Sequence[Entry]:
    """Return entries in their order: the newest ``limit`` of those that are asked for.

    Entries that were tampered with are among them, and do not verify.
    """
    query = sa.select(audit).order_by(audit.c.number.desc()).limit(limit)
    if since is not None:
        query = query.where(audit.c.time >= written_time(since))
    if kind is not None:
        query = query.where(audit.c.kind == kind)
    if after is not None:
        query = query.where(audit.c.number > after)
    return [_entry(row) for row in reversed(connection.execute(query).all())]


def newest(connection: sa.Connection) -> Head:
    """Return the head of what is recorded now."""
    found = connection.execute(_NEWEST).one_or_none()
    return EMPTY if found is None else Head(number=found.number, digest=found.digest)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "time": written_time(entry.time),
        "kind": entry.kind,
        "who": entry.who,
        "text": entry.text,
        "detail": canonical(entry.detail),
        "previous": entry.previous,
        "digest": entry.digest,
    }


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(
        number=row.number,
        time=_read_time(row.time),
        kind=str(row.kind),
        who=str(row.who),
        text=str(row.text),
        detail=_read_detail(row.detail),
        previous=str(row.previous),
        digest=str(row.digest),
    )


def _read_time(stored: Any) -> datetime:
    """Return the time; one that nobody here wrote becomes another, so that it is noticed."""
    try:
        time = datetime.fromisoformat(stored)
        return time if written_time(time) == stored else _NEVER
    except (TypeError, ValueError, OverflowError):
        return _NEVER


def _read_detail(stored: Any) -> Mapping[str, Any]:
    """Return the detail; one that nobody here wrote becomes another, so that it is noticed."""
    try:
        detail = json.loads(stored)
        is_ours = isinstance(detail, dict) and canonical(detail) == stored
    except (TypeError, ValueError, RecursionError):
        is_ours = False
    return detail if is_ours else {"unreadable": str(stored)}


def _storable(text: str) -> str:
    """Return the text without what a database cannot keep: zero bytes, half characters."""
    return text.encode(errors="replace").decode().replace("\0", "?")
