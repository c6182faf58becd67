"""What a rack says of its own processes."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from convox.components.running import RunningComponents
from convox.control.own_processes import OwnProcesses
from convox.control.views import ProcessView
from convox.errors import HostError
from convox.host.clock import SystemClock
from convox.host.files import write_json
from convox.host.processes import Pid, own, started_at
from convox.resources.servers import ResourceServers
from convox.router.router import Worker
from convox.state import migrate, schema, wanted
from convox.state.database import Database
from convox.update.keeper import KeeperStatus

OLD, NEW = "20260101000000", "20260102000000"
ME = own()
INIT = Pid(number=1, started=0)


@dataclass(frozen=True)
class SomeKeeper:
    """Says which control planes it runs, or nothing at all."""

    processes: Mapping[str, int] | None

    async def status(self) -> KeeperStatus:
        if self.processes is None:
            raise HostError("cannot status: the keeper does not answer")
        return KeeperStatus(
            keeper="0123456789ab",
            current=NEW,
            previous=OLD,
            phase="trial",
            attempts=0,
            seconds_left=1.0,
            reason="",
            processes=self.processes,
        )


@pytest.fixture
def listed(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'rack.db'}")
    migrate.expand(database)
    (tmp_path / "keeper").mkdir()

    def look(*workers: Worker, control_planes: Mapping[str, int] | None = None) -> list[str]:
        async def running() -> list[Worker]:
            return list(workers)

        own_processes = OwnProcesses(
            home=tmp_path,
            slot=NEW,
            keeper=SomeKeeper(control_planes),
            workers=running,
            components=RunningComponents(home=tmp_path, clock=SystemClock()),
            resources=ResourceServers(home=tmp_path, user=None, clock=SystemClock()),
            database=database,
        )
        return [_line(view) for view in asyncio.run(own_processes.list())]

    yield look, database, tmp_path
    database.close()


def _line(view: ProcessView) -> str:
    started = "now" if view.started == started_at(ME) else "never" if not view.started else "once"
    return f"{view.id} of {view.app}: {view.service} {view.release} {view.status} {started}"


def test_what_should_run_and_does_not_is_stopped(listed):
    look, database, _ = listed
    now = SystemClock().now()
    app = {"name": "hello", "locked": False, "parameters": {}, "created": now}
    cache = {"app": "hello", "name": "db", "type": "redis", "options": {}, "created": now}
    with database.begin() as connection:
        wanted.want_components(connection, ["meter-abc"])
        connection.execute(schema.apps.insert().values(**app))
        connection.execute(schema.resources.insert().values(**cache, port=1, password="x"))
    assert look() == [
        "keeper of system: keeper  stopped never",
        f"rackd-{NEW} of system: rackd {NEW} running now",
        "router of system: router  stopped never",
        "meter-abc of system: meter abc stopped never",
        "hello-db of hello: db  stopped never",
    ]


def test_a_keeper_that_lives_and_does_not_answer_is_unhealthy(listed):
    look, _, home = listed
    write_json(home / "keeper" / "pid.json", {"number": ME.number, "started": ME.started})
    assert look()[0] == "keeper of system: keeper  unhealthy now"
    assert look(control_planes={NEW: ME.number})[0] == (
        "keeper of system: keeper 0123456789ab running now"
    )
    write_json(home / "keeper" / "pid.json", {"number": ME.number, "started": 1})
    assert look()[0] == "keeper of system: keeper  stopped never"


def test_a_control_plane_that_was_switched_away_from_is_stopping(listed):
    look, _, _ = listed
    assert look(control_planes={OLD: 1, NEW: ME.number})[1:3] == [
        f"rackd-{NEW} of system: rackd {NEW} running now",
        f"rackd-{OLD} of system: rackd {OLD} stopping once",
    ]


def test_a_worker_of_the_router_that_finishes_is_stopping(listed):
    look, _, _ = listed
    accepts = Worker(pid=ME, is_accepting=True, version="2.6")
    finishes = Worker(pid=INIT, is_accepting=False, version="")
    shown = [
        f"router-{ME.number} of system: router haproxy-2.6 running now",
        "router-1 of system: router  stopping once",
    ]
    assert look(accepts, finishes)[2:] == shown
    assert look(finishes)[2:] == ["router of system: router  stopped never", shown[1]]
