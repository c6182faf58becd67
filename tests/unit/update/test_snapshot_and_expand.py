"""The steps that touch the rack's records, on both kinds of database."""

import asyncio
import sys
from pathlib import Path

import pytest

from convox.errors import HostError, StateError
from convox.feed.release import RackRelease
from convox.feed.store import Store
from convox.state import facts, migrate
from convox.state.database import Database
from convox.update.copies import DatabaseCopies
from convox.update.expanding import expand
from convox.update.failpoints import pass_by
from convox.update.performing import perform, take_back
from convox.update.slots import Slots
from convox.update.steps.expand import Expand
from convox.update.steps.snapshot import Snapshot
from convox.update.steps.step import HopInHand


def release(version: str) -> RackRelease:
    return RackRelease(version=version, notes="", surfaces={}, images={}, artifacts=())


HOP = HopInHand(update="U1", origin=release("1"), target=release("2"))


def slots(directory: Path, script: str) -> Slots:
    """Return slots of which number 2 has this program for an interpreter."""
    program = directory / "slots" / "2" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Slots(directory / "slots", Store(directory / "store"))


def test_a_snapshot_is_taken_twice_and_undone_twice(database, tmp_path):
    migrate.expand(database)
    with database.begin() as connection:
        facts.put(connection, "version", "1")
    step = Snapshot(copies=DatabaseCopies(database=database), directory=tmp_path / "snapshots")

    async def story() -> Path:
        noted = await step.note(HOP)
        for _ in range(2):
            await perform(step, HOP, noted, pass_by)
        return Path(noted["path"])

    path = asyncio.run(story())
    copy = Database(f"sqlite:///{path}")
    with copy.begin() as connection:
        assert facts.get(connection, "version") == "1"
    copy.close()
    for _ in range(2):
        asyncio.run(take_back(step, HOP, {"path": str(path)}, pass_by))
    assert not path.exists()


def test_a_snapshot_that_lost_a_table_does_not_verify(database, tmp_path):
    migrate.expand(database)
    step = Snapshot(copies=DatabaseCopies(database=database), directory=tmp_path)
    noted = asyncio.run(step.note(HOP))
    Database(f"sqlite:///{noted['path']}").close()
    with pytest.raises(StateError, match="cannot use the snapshot"):
        asyncio.run(step.verify(HOP, noted))


def test_the_new_release_expands_the_records(database, tmp_path):
    ours = slots(tmp_path, f'exec {sys.executable} "$@"')
    step = Expand(migrate=lambda version: expand(ours, version, database.url))
    for _ in range(2):
        asyncio.run(perform(step, HOP, {}, pass_by))
    migrate.check_readable(database, reads={1})


def test_a_migration_that_fails_fails_the_step_and_shows_no_password(database, tmp_path):
    ours = slots(tmp_path, "echo it does not fit; exit 3")
    with pytest.raises(HostError, match="exit status 3\nit does not fit") as caught:
        asyncio.run(expand(ours, "2", database.url))
    assert database.url not in str(caught.value)
