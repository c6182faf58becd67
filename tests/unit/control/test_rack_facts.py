"""What a rack knows of itself, for the conditions of releases."""

import sys
from datetime import UTC, datetime

from convox.control.rack_facts import machine_facts, rack_facts
from convox.feed.condition import FACTS
from convox.state import migrate
from convox.state.database import Database
from convox.state.schema import resources


def test_a_rack_knows_every_fact_that_a_condition_can_name(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'rack.db'}")
    migrate.expand(database)
    with database.begin() as connection:
        for app, name, kind in (
            ("a", "main", "postgres"),
            ("a", "other", "redis"),
            ("b", "main", "redis"),
        ):
            connection.execute(
                resources.insert().values(
                    app=app,
                    name=name,
                    type=kind,
                    options={},
                    port=1,
                    password="x",
                    created=datetime(2026, 1, 1, tzinfo=UTC),
                )
            )
        found = rack_facts(connection, machine_facts(), engine="local", instances=3)
    database.close()
    assert found.keys() == FACTS.keys()
    assert found["resources"] == {"postgres", "redis"}
    assert found["database"] == {"sqlite"}
    assert found["instances"] == {"3"}
    assert found["python"] == {f"3.{sys.version_info.minor}"}


def test_what_the_machine_does_not_say_is_not_known(monkeypatch):
    monkeypatch.setattr("convox.host.machine.distribution", lambda: None)
    assert machine_facts().keys() == {"architecture", "python"}
