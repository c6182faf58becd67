"""The use-cases, each given what it needs."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from convox.audit.anchor import Anchor
from convox.components.usage import usage
from convox.control.apps import Apps
from convox.control.automatic.loop import Automatic
from convox.control.builds import Builds
from convox.control.bundles import Bundles
from convox.control.deletion import Deletion
from convox.control.deploys import Deploys
from convox.control.desired import DesiredState
from convox.control.history import History
from convox.control.instances import Instances
from convox.control.logs import Logs
from convox.control.notifications import Notifications
from convox.control.objects import Objects
from convox.control.observing import Observer
from convox.control.own_processes import OwnProcesses
from convox.control.processes import Processes
from convox.control.provisioning import Provisioning
from convox.control.rack import Rack
from convox.control.releases import Releases
from convox.control.resources import Resources
from convox.control.scaling import Scaling
from convox.control.shares import Share, shares
from convox.control.updates import Updates
from convox.control.use_cases import UseCases
from convox.engine.local.builder.build import build
from convox.engine.local.builder.slug import manifest_of
from convox.host import capacity
from convox.host.ids import IdSource, RandomIds
from convox.rackd.ground import Ground
from convox.state.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What the use-cases share. ``changed`` is told when something else should run."""

    parts: Ground
    database: Database
    desired: DesiredState
    updates: Updates
    automatic: Automatic
    anchor: Anchor
    changed: Callable[[], None]
    tasks: asyncio.TaskGroup
    """Own what goes on after an answer was given."""
    trouble: Callable[[], str]
    """What a person should know of the rack's disk now."""
    ids: IdSource = field(default_factory=RandomIds)

    def use_cases(self) -> UseCases:
        """Return all that can be asked of the rack."""
        parts, database, clock = self.parts, self.database, self.parts.clock
        observe = Observer(
            database=database, engine=parts.engine, desired=self.desired, clock=clock
        )
        objects = Objects(database=database, places=parts.places)
        releases = Releases(database=database, clock=clock, ids=self.ids)
        processes = self._processes(observe)
        return UseCases(
            apps=self._apps(observe),
            deletion=self._deletion(),
            objects=objects,
            builds=self._builds(objects, releases),
            releases=releases,
            deploys=self._deploys(),
            scaling=self._scaling(),
            processes=processes,
            resources=Resources(database=database, servers=parts.resources),
            instances=Instances(
                database=database,
                observe=observe,
                clock=clock,
                changed=self.changed,
                measured=self._measured,
            ),
            logs=Logs(database=database, engine=parts.engine, rack_log=parts.log, clock=clock),
            rack=self._rack(observe, processes),
            updates=self.updates,
            bundles=Bundles(
                feed=parts.feed,
                database=database,
                directory=parts.home / "feed",
                clock=clock,
                narrate=parts.log.say,
            ),
            automatic=self.automatic,
            history=History(database=database, anchor=self.anchor, clock=clock),
            notifications=Notifications(database=database, clock=clock, ids=self.ids),
        )

    def _apps(self, observe: Observer) -> Apps:
        return Apps(
            database=self.database,
            rack=self.parts.facts.name,
            domain=self.parts.facts.domain,
            observe=observe,
            clock=self.parts.clock,
        )

    def _builds(self, objects: Objects, releases: Releases) -> Builds:
        return Builds(
            database=self.database,
            places=self.parts.places,
            objects=objects,
            releases=releases,
            build=Workshop(self.parts),
            tasks=self.tasks,
            clock=self.parts.clock,
            ids=self.ids,
        )

    def _deletion(self) -> Deletion:
        return Deletion(
            database=self.database,
            places=self.parts.places,
            resources=self.parts.resources,
            tasks=self.tasks,
            clock=self.parts.clock,
            changed=self.changed,
        )

    def _deploys(self) -> Deploys:
        provisioning = Provisioning(
            database=self.database,
            servers=self.parts.resources,
            clock=self.parts.clock,
            ids=self.ids,
        )
        return Deploys(
            database=self.database,
            provisioning=provisioning,
            clock=self.parts.clock,
            changed=self.changed,
        )

    def _processes(self, observe: Observer) -> Processes:
        return Processes(
            database=self.database,
            engine=self.parts.engine,
            observe=observe,
            services_of=self.desired.of_release,
            clock=self.parts.clock,
            ids=self.ids,
            changed=self.changed,
            measured=self._measured,
        )

    def _measured(self) -> Mapping[int, Share]:
        return measured(self.parts.home)

    def _rack(self, observe: Observer, processes: Processes) -> Rack:
        parts, facts = self.parts, self.parts.facts
        own = OwnProcesses(
            home=parts.home,
            slot=parts.slot,
            keeper=parts.keeper,
            workers=parts.router.workers,
            components=parts.components,
            resources=parts.resources,
            database=self.database,
        )
        return Rack(
            database=self.database,
            name=facts.name,
            domain=facts.domain,
            api=f"{facts.listen}:{facts.api_port}",
            updates=self.updates,
            observe=observe,
            own_processes=own,
            processes_of_apps=processes,
            clock=self.parts.clock,
            changed=self._parameters_changed,
            trouble=self.trouble,
            forecast=self.automatic.current,
        )

    def _parameters_changed(self) -> None:
        self.changed()
        self.automatic.wake()

    def _scaling(self) -> Scaling:
        facts = self.parts.facts
        return Scaling(
            database=self.database,
            domain=facts.domain,
            ports=(facts.http_port, facts.https_port),
            changed=self.changed,
        )


def measured(home: Path) -> Mapping[int, Share]:
    """Return what each process uses, as the components of the rack measure it."""
    return shares(usage(home), cores=capacity.cores(), memory=capacity.memory())


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
