"""Which app gains what by being deployed again, on both kinds of database."""

from datetime import UTC, datetime, timedelta

import pytest

from convox.control.redeploys import gains
from convox.rollout import deployments
from convox.rollout.deployment import DeploymentEvent
from convox.state import facts, migrate
from convox.state.schema import builds, rack_releases, releases
from convox.update import journal

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
A, B, C = (f"2026010{day}000000" for day in (1, 2, 3))
TIMERS = {"feature": "timers", "reason": "the manifest is read at build time"}


def hour(number):
    return NOW + timedelta(hours=number)


@pytest.fixture
def connection(database):
    migrate.expand(database)
    with database.begin() as connection:
        facts.put(connection, "version", A)
        yield connection


def deploy(connection, app, at):
    name = f"{app}-{at}"
    connection.execute(
        builds.insert().values(
            id=f"B{name}",
            app=app,
            status="complete",
            description="",
            manifest="",
            reason="",
            git_sha="",
            started=hour(at),
        )
    )
    connection.execute(
        releases.insert().values(
            id=f"R{name}",
            app=app,
            build=f"B{name}",
            environment="",
            description="",
            created=hour(at),
        )
    )
    last = deployments.begin(
        connection, app=app, release=f"R{name}", previous=None, now=hour(at), deadline=hour(at)
    )
    deployments.record(connection, last, DeploymentEvent.CONVERGED, "")


def commit(connection, origin, target, at, *told):
    """Let an update of one hop be committed."""
    hop = {"origin": origin, "target": target, "redeploy": list(told)}
    update = journal.begin(
        connection,
        id=f"U{at}",
        origin=origin,
        target=target,
        plan={"hops": [hop]},
        steps=[(0, "commit")],
        now=hour(at),
        asked_by="ann",
    )
    journal.record_update(connection, update, journal.UpdateEvent.ALL_DONE, now=hour(at))
    facts.put(connection, "version", target)
    connection.execute(
        rack_releases.insert().values(version=target, created=hour(at), update=update.id)
    )


def found(connection):
    return {
        app: [(each.version, each.feature) for each in gained]
        for app, gained in gains(connection).items()
    }


def test_an_app_gains_what_a_release_said_since_it_was_built(connection):
    deploy(connection, "shop", 1)
    commit(connection, A, B, 2, TIMERS)
    deploy(connection, "mail", 3)
    assert found(connection) == {"shop": [(B, "timers")]}
    assert gains(connection)["shop"][0].reason == TIMERS["reason"]


def test_it_has_it_once_it_was_deployed_again(connection):
    deploy(connection, "shop", 1)
    commit(connection, A, B, 2, TIMERS)
    deploy(connection, "shop", 3)
    assert found(connection) == {}


def test_what_was_gone_back_from_is_gained_no_more(connection):
    deploy(connection, "shop", 1)
    commit(connection, A, B, 2, TIMERS)
    commit(connection, B, C, 3, {**TIMERS, "feature": "volumes"})
    assert found(connection) == {"shop": [(C, "volumes"), (B, "timers")]}
    commit(connection, C, B, 4)
    assert found(connection) == {"shop": [(B, "timers")]}


def test_nothing_is_said_where_no_release_says_anything(connection):
    deploy(connection, "shop", 1)
    commit(connection, A, B, 2)
    assert found(connection) == {}
