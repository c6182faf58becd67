"""The part of a restoration that the rack's own version does: make the copy true of what runs.

The copy may be of an older version, from the midst of an update. What runs now counts.
"""

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from convox.audit import Kind, append
from convox.audit.entry import Head
from convox.components.table import COMPONENTS
from convox.host.users import person
from convox.rackd.ground import ENGINE, Ground, anchor_of, ground
from convox.state import epochs, facts, migrate, rackfile, wanted
from convox.state.database import Database
from convox.state.schema import rack_releases, updates
from convox.update.update import ACTIVE, UpdateState


def settle(home: Path, version: str, snapshot: str) -> None:
    """Bring the records to this version's form, and have them say what runs."""
    known = rackfile.load(home)
    parts = ground(home, known, version)
    database = Database(known.database)
    anchor = anchor_of(parts, database)
    try:
        migrate.expand(database)
        with database.begin() as connection:
            now = parts.clock.now()
            text = f"the rack's records were restored from {snapshot}"
            _end_updates(connection, text, now)
            if facts.get(connection, "version") != version:
                _follow(connection, parts, version, now)
            _tell(connection, text, now, lost=anchor.read())
        anchor.renew()
        migrate.contract(database)
    finally:
        database.close()


def _end_updates(connection: sa.Connection, cause: str, now: datetime) -> None:
    """Let no control plane go on with what was under way when the copy was made."""
    connection.execute(
        updates.update()
        .where(updates.c.state.in_(sorted(ACTIVE)))
        .values(state=UpdateState.UNDONE, cause=cause, ended=now)
    )


def _follow(connection: sa.Connection, parts: Ground, version: str, now: datetime) -> None:
    """Want what came with the version that runs, so that nothing is rolled back."""
    release, was = parts.feed.kept(version), facts.get(connection, "version")
    if version > was:
        before = epochs.written(connection)
        epochs.move_forward(connection, before=before, after=release.writes)
    else:
        epochs.move_back(connection, after=release.writes)
    facts.put(connection, "version", version)
    wanted.want_image(connection, release.images[ENGINE])
    wanted.want_components(connection, (each.label for each in COMPONENTS.values()))
    connection.execute(rack_releases.insert().values(version=version, created=now))


def _tell(connection: sa.Connection, text: str, now: datetime, *, lost: Head | None) -> None:
    """Let the history say that it was cut, and which head it had."""
    append(
        connection,
        now=now,
        kind=Kind.OVERRIDE,
        who=person(),
        text=text,
        detail={"head": str(lost) if lost else None},
    )
