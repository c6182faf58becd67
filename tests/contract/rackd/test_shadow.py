"""A real control plane in the shadow: its copy of the records alone says what it must answer."""

import asyncio
import base64
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from convox.errors import HostError
from convox.feed.store import Store
from convox.host.clock import SystemClock
from convox.host.files import write_json
from convox.state import facts, migrate, rackfile
from convox.state.database import Database
from convox.state.epochs import STATE
from convox.state.rackfile import RackFile
from convox.state.schema import apps, instances
from convox.update.copies import DatabaseCopies
from convox.update.shadow import Shadow
from convox.update.slots import Slots

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PASSWORD = "secret"
ASKED = base64.b64encode(f"convox:{PASSWORD}".encode()).decode()


@pytest.fixture
def home() -> Iterator[Path]:
    """Make the home of a rack with one app; its slot 2 is the software under test."""
    path = Path(tempfile.mkdtemp(prefix="rack-", dir="/tmp"))
    for name in ("run", "logs", "state"):
        (path / name).mkdir()
    url = f"sqlite:///{path / 'state' / 'rack.db'}"
    rack = RackFile(name="dev", database=url, password=PASSWORD, feed="/nowhere", domain="dev.test")
    rackfile.save(path, rack)
    database = Database(url)
    migrate.expand(database)
    with database.begin() as connection:
        facts.put(connection, "version", "1")
    add_app(database, "web")
    database.close()
    yield path
    shutil.rmtree(path)


def add_app(database: Database, name: str) -> None:
    values = {"name": name, "created": NOW, "locked": False, "parameters": {}}
    with database.begin() as connection:
        connection.execute(apps.insert().values(values))


def add_instance(database: Database, name: str) -> None:
    values = {"id": name, "image": "x", "phase": "ready", "since": NOW, "created": NOW}
    with database.begin() as connection:
        connection.execute(
            instances.insert().values({**values, "cordoned": False, "dismissed": False})
        )


def probe(home: Path, *, meanwhile=lambda database: None, migration: str = "true") -> None:
    """Probe slot 2 on a copy; ``meanwhile`` happens to the rack after the copy was taken."""
    program = home / "slots" / "2" / "bin" / "python"
    program.parent.mkdir(parents=True)
    migrates = f'[ "$2" = convox.state ] && {{ {migration}; }}'
    program.write_text(f'#!/bin/sh\n{migrates}\nexec {sys.executable} "$@"\n')
    program.chmod(0o755)
    write_json(home / "slots" / "2" / "slot.json", {"reads": {STATE: [1, 2, 3, 4, 5, 6, 7, 8, 9]}})
    database = Database(rackfile.load(home).database)
    copy = home / "copy.db"
    DatabaseCopies(database=database).take(copy)
    meanwhile(database)
    shadow = Shadow(
        home=home,
        slots=Slots(home / "slots", Store(home / "store")),
        rack={"name": "dev", "domain": "dev.test", "provider": "local"},
        headers={"Authorization": f"Basic {ASKED}", "Host": "localhost"},
        clock=SystemClock(),
    )
    try:
        asyncio.run(shadow.probe("2", copy))
    finally:
        database.close()


def test_what_happens_to_the_rack_meanwhile_says_nothing_of_the_new_version(home):
    def meanwhile(database):
        add_app(database, "shop")
        add_instance(database, "i-new")

    probe(home, meanwhile=meanwhile)
    assert not list((home / "run").iterdir())


def test_a_version_whose_migration_loses_an_app_is_found_out(home):
    delete = "import os,sqlite3; c=sqlite3.connect(os.environ['CONVOX_DATABASE'][10:])"
    run = "c.execute('delete from apps'); c.commit(); c.close()"
    with pytest.raises(HostError, match=r"answers /apps with \[\] where the records say .*web"):
        probe(home, migration=f'{sys.executable} -c "{delete}; {run}"')
