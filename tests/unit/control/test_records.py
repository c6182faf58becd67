"""What the use-cases write, on both kinds of database."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from convox.control import lookup, parameters
from convox.control.apps import Apps
from convox.control.deletion import Deletion
from convox.control.deploys import Deploys
from convox.control.desired import DesiredState
from convox.control.observing import Observer
from convox.control.places import Places
from convox.control.provisioning import Provisioning
from convox.control.releases import Releases
from convox.control.scaling import Scaling
from convox.errors import InvalidInput, NotFound, Refused, Taken
from convox.resources.servers import ResourceServers
from convox.rollout import deployments
from convox.rollout.deployment import DeploymentEvent
from convox.state import migrate, schema, wanted
from convox.testing.clock import SimulatedClock
from convox.testing.engine import SimulatedEngine
from convox.testing.ids import SeededIds

MANIFEST = "services: {web: {build: ., command: a, port: 3000, environment: ['*']}}"


class Cases:
    def __init__(self, database, home: Path) -> None:
        migrate.expand(database)
        with database.begin() as connection:
            wanted.want_image(connection, "img-1")
        self.database = database
        self.clock, self.ids, self.changes = SimulatedClock(), SeededIds(1), 0
        self.desired = DesiredState(
            database=database, rack="dev", domain="dev.test", tools=lambda _: {}
        )
        self.places = Places(home=home)
        self.servers = ResourceServers(home=home, user=None, clock=self.clock)
        observe = Observer(
            database=database,
            engine=SimulatedEngine(self.clock),
            desired=self.desired,
            clock=self.clock,
        )
        self.apps = Apps(
            database=database, rack="dev", domain="dev.test", observe=observe, clock=self.clock
        )
        self.releases = Releases(database=database, clock=self.clock, ids=self.ids)
        self.deploys = Deploys(
            database=database,
            provisioning=Provisioning(
                database=database, servers=self.servers, clock=self.clock, ids=self.ids
            ),
            clock=self.clock,
            changed=self.change,
        )
        self.scaling = Scaling(
            database=database, domain="dev.test", ports=(443,), changed=self.change
        )

    def change(self) -> None:
        self.changes += 1

    def add_build(self, app: str, build: str) -> None:
        values = {
            "id": build,
            "app": app,
            "status": "complete",
            "description": "",
            "manifest": MANIFEST,
            "slug": "/slug",
            "reason": "",
            "git_sha": "",
            "started": self.clock.now(),
        }
        with self.database.begin() as connection:
            connection.execute(schema.builds.insert().values(**values))

    async def deployed(self, app: str = "hello") -> str:
        await self.apps.create(app)
        self.add_build(app, f"B-{app}")
        made = self.releases.create(app, build=f"B-{app}", variables=None, description="")
        await self.deploys.promote(app, made.id)
        self.settle(app)
        return made.id

    def settle(self, app: str, event: DeploymentEvent = DeploymentEvent.CONVERGED) -> None:
        with self.database.begin() as connection:
            latest = deployments.latest(connection, app)
            deployments.record(connection, latest, event, "")


@pytest.fixture
def cases(database, tmp_path):
    return Cases(database, tmp_path)


def test_a_promoted_release_is_what_should_run(cases):
    async def scenario() -> None:
        first = await cases.deployed()
        (web,) = cases.desired().services
        assert (web.release, web.hosts) == (first, ("web.hello.dev.test",))
        cases.clock.skip(1)
        second = cases.releases.create("hello", build=None, variables="A=1", description=None)
        await cases.deploys.promote("hello", second.id)
        (web,) = cases.desired().services
        assert (web.release, web.environment["A"]) == (second.id, "1")
        assert (await cases.apps.get("hello")).release == first
        with pytest.raises(Refused, match="currently updating"):
            await cases.deploys.promote("hello", second.id)
        cases.settle("hello", DeploymentEvent.FAILED)
        (web,) = cases.desired().services
        assert web.release == first
        cases.clock.skip(1)
        third = cases.releases.create("hello", build=None, variables="A=2", description=None)
        await cases.deploys.promote("hello", third.id)
        assert (await cases.apps.get("hello")).release == first
        assert cases.changes == 3

    asyncio.run(scenario())


def test_releases_are_in_order_and_of_their_app(cases):
    async def scenario() -> None:
        await cases.apps.create("hello")
        await cases.apps.create("other")
        made = []
        for number in range(4):
            cases.clock.skip(1)
            made.append(
                cases.releases.create(
                    "hello", build=None, variables=f"N={number}", description=None
                ).id
            )
        assert [each.id for each in cases.releases.list("hello", 3)] == made[:0:-1]
        assert cases.releases.list("other", 10) == []
        with pytest.raises(NotFound, match="no such release"):
            cases.releases.get("other", made[0])
        with pytest.raises(NotFound, match="no such build"):
            cases.releases.create("hello", build="B0", variables=None, description=None)
        with pytest.raises(Refused, match="it has no build"):
            await cases.deploys.promote("hello", made[0])
        with pytest.raises(Taken):
            await cases.apps.create("hello")

    asyncio.run(scenario())


def test_a_scale_overrides_the_manifest_and_a_restart_changes_the_fingerprint(cases):
    async def scenario() -> None:
        await cases.deployed()
        (before,) = cases.desired().services
        cases.scaling.update("hello", "web", count=0, cpu=None, memory=2048)
        cases.scaling.update("hello", "web", count=None, cpu=512, memory=None)
        (view,) = cases.scaling.list("hello")
        assert (view.count, view.cpu, view.memory) == (0, 512, 2048)
        (scaled,) = cases.desired().services
        assert (scaled.count, scaled.fingerprint) == (0, before.fingerprint)
        cases.scaling.restart("hello", "web")
        (restarted,) = cases.desired().services
        assert restarted.fingerprint != before.fingerprint
        with pytest.raises(NotFound, match="app hello runs web"):
            cases.scaling.restart("hello", "nope")

    asyncio.run(scenario())


def test_parameters_have_their_defaults_until_they_are_set(cases):
    with cases.database.begin() as connection:
        assert parameters.get_all(connection)["InstanceCount"] == "3"
        parameters.put(connection, {"InstanceCount": "5"})
        parameters.put(connection, {"InstanceCount": "6"})
        assert parameters.get_all(connection)["InstanceCount"] == "6"
    assert cases.desired().instances.count == 6
    with pytest.raises(InvalidInput) as refusal, cases.database.begin() as connection:
        parameters.put(connection, {"InstanceCount": "0", "Nope": "1"})
    assert len(str(refusal.value).splitlines()) == 2


def test_a_deletion_that_was_broken_off_goes_on(cases):
    async def scenario() -> None:
        await cases.deployed("hello")
        await cases.deployed("other")
        slug = cases.places.slug("hello", "B-hello")
        slug.mkdir(parents=True)
        with pytest.raises(asyncio.CancelledError):
            await begin_and_die()
        assert (await cases.apps.get("hello")).status == "deleting"
        assert [service.app for service in cases.desired().services] == ["other"]
        async with asyncio.TaskGroup() as tasks:
            deletion(tasks).resume()
        assert [app.name for app in await cases.apps.list()] == ["other"]
        assert not slug.exists()
        assert left("hello") == 0
        assert left("other") > 0

    async def begin_and_die() -> None:
        async with asyncio.TaskGroup() as tasks:
            deletion(tasks).start("hello", asked_by="ann")
            raise asyncio.CancelledError

    def deletion(tasks: asyncio.TaskGroup) -> Deletion:
        return Deletion(
            database=cases.database,
            places=cases.places,
            resources=cases.servers,
            tasks=tasks,
            clock=cases.clock,
            changed=cases.change,
        )

    def left(app: str) -> int:
        tables = (schema.builds, schema.releases, schema.services, schema.deployments)
        with cases.database.begin() as connection:
            return sum(
                len(connection.execute(sa.select(table).where(table.c.app == app)).all())
                for table in tables
            )

    asyncio.run(scenario())


def test_an_app_that_is_not_there_is_not_found(cases):
    with cases.database.begin() as connection, pytest.raises(NotFound, match="no such app"):
        lookup.app(connection, "nope")
