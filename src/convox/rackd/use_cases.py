"""The use-cases, each given what it needs."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from convox.control.apps import Apps
from convox.control.builds import Builds
from convox.control.deletion import Deletion
from convox.control.deploys import Deploys
from convox.control.desired import DesiredState
from convox.control.instances import Instances
from convox.control.logs import Logs
from convox.control.objects import Objects
from convox.control.observing import Observer
from convox.control.processes import Processes
from convox.control.provisioning import Provisioning
from convox.control.rack import Rack
from convox.control.releases import Releases
from convox.control.resources import Resources
from convox.control.scaling import Scaling
from convox.control.updates import Updates
from convox.control.use_cases import UseCases
from convox.engine.local.builder.build import build
from convox.engine.local.builder.slug import manifest_of
from convox.host.ids import RandomIds
from convox.rackd.ground import Ground
from convox.state.database import Database


def use_cases(  # noqa: PLR0917 - all of them are nouns of their own type
    parts: Ground,
    database: Database,
    desired: DesiredState,
    updates: Updates,
    changed: Callable[[], None],
    tasks: asyncio.TaskGroup,
) -> UseCases:
    """Return all that can be asked; ``changed`` is told when something else should run."""
    facts, clock, ids = parts.facts, parts.clock, RandomIds()
    observe = Observer(database=database, engine=parts.engine, desired=desired, clock=clock)
    apps = Apps(
        database=database, rack=facts.name, domain=facts.domain, observe=observe, clock=clock
    )
    objects = Objects(database=database, places=parts.places)
    releases = Releases(database=database, clock=clock, ids=ids)
    provisioning = Provisioning(database=database, servers=parts.resources, clock=clock, ids=ids)
    processes = Processes(
        database=database,
        engine=parts.engine,
        observe=observe,
        services_of=desired.of_release,
        clock=clock,
        ids=ids,
        changed=changed,
    )
    return UseCases(
        apps=apps,
        deletion=Deletion(
            database=database,
            places=parts.places,
            resources=parts.resources,
            tasks=tasks,
            clock=clock,
            changed=changed,
        ),
        objects=objects,
        builds=Builds(
            database=database,
            places=parts.places,
            objects=objects,
            releases=releases,
            build=Workshop(parts),
            tasks=tasks,
            clock=clock,
            ids=ids,
        ),
        releases=releases,
        deploys=Deploys(database=database, provisioning=provisioning, clock=clock, changed=changed),
        scaling=Scaling(
            database=database,
            domain=facts.domain,
            ports=(facts.http_port, facts.https_port),
            changed=changed,
        ),
        processes=processes,
        resources=Resources(database=database, servers=parts.resources),
        instances=Instances(database=database, observe=observe, clock=clock, changed=changed),
        logs=Logs(database=database, engine=parts.engine, rack_log=parts.log, clock=clock),
        rack=Rack(
            database=database,
            name=facts.name,
            domain=facts.domain,
            api=f"{facts.listen}:{facts.api_port}",
            updates=updates,
            observe=observe,
            processes_of_apps=processes,
            started=clock.now(),
            changed=changed,
        ),
        updates=updates,
    )


class Workshop:
    """The local engine's builder, for the builds of this rack."""

    def __init__(self, parts: Ground) -> None:
        self._user = parts.facts.app_user
        self._home = parts.home / "builder"

    async def __call__(
        self,
        archive: Path,
        slug: Path,
        *,
        say: Callable[[str], None],
        environment: Mapping[str, str],
        manifest: str | None,
    ) -> str:
        """Build, and return the text of the manifest."""
        built = await build(
            archive,
            slug,
            say=say,
            user=self._user,
            home=self._home,
            environment=environment,
            manifest=manifest,
        )
        _, text = manifest_of(built.directory, built.manifest)
        return text
