"""A whole rack in virtual time, and what people and machines do to it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from convox.feed.release import RackRelease
from convox.keeper.record import Record
from convox.notices import receivers
from convox.notices.receiver import Receiver, ReceiverForm
from convox.rollout import deployments
from convox.rollout import records as rollouts
from convox.rollout.desired import DesiredService
from convox.rollout.instance import Instance
from convox.rollout.process import Process
from convox.state import epochs, facts, wanted
from convox.state.schema import notices, parameters, rack_releases, update_steps, updates
from convox.testing.engine import SimulatedEngine
from convox.testing.program import Behaviour
from convox.testing.router import SimulatedRouter
from convox.testing.simulation.apps import SimulatedApps
from convox.testing.simulation.feed import ENGINE, SimulatedFeed
from convox.testing.simulation.flaws import Flaw
from convox.testing.simulation.ground import Ground
from convox.testing.simulation.keeper import SimulatedKeeper
from convox.testing.simulation.machine import (
    Disk,
    SimulatedComponents,
    SimulatedCopies,
    SimulatedSlots,
    SimulatedStore,
)
from convox.testing.simulation.rackd import SimulatedRackd
from convox.testing.simulation.records import Ledger, Records
from convox.testing.simulation.virtual import BEGINNING, VirtualClock
from convox.update import journal
from convox.update.update import Update

_SOAK = "2"  # seconds
_CANARY = "5"  # seconds
_BOOT = 3.0  # seconds for an instance
_MACHINE = 12.0  # seconds until the machine itself starts a keeper again
# Made once: to make a statement takes longer than to run it.
_LAST_BEGUN = sa.select(update_steps.c.update).order_by(sa.text("rowid DESC")).limit(1)
_OUTCOMES = sa.select(updates.c.id, updates.c.state)
_TOLD = sa.select(notices.c.kind, notices.c.detail)
_TOLD_TO = Receiver(name="ops", form=ReceiverForm.WEBHOOK, address="https://ops.test")
_ADD_PARAMETERS, _ADD_RELEASE = parameters.insert(), rack_releases.insert()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """All that an update changes and must put back where it turns back."""

    version: str
    current: str
    image: str
    components: frozenset[str]
    running: frozenset[str]
    slots: frozenset[str]
    artifacts: frozenset[str]


@dataclass(slots=True)
class SimulatedRack:
    """One rack. ``installed`` is the release that it was installed with."""

    records: Records
    installed: RackRelease
    releases: Sequence[RackRelease]
    seed: int = 0
    pace: float = 1.0
    count: int = 2
    ground: Ground = field(init=False)
    rackds: dict[int, SimulatedRackd] = field(default_factory=dict)
    """All that run, by number."""
    tasks: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)
    committed: Holdings | None = None
    """As it was when a hop was committed last, or an update begun."""

    def __post_init__(self) -> None:
        self.records.fresh()
        clock, wall, disk = VirtualClock(), VirtualClock(), Disk()
        ledger, store, apps = Ledger(disk=disk), SimulatedStore(disk=disk), SimulatedApps()
        engine = SimulatedEngine(clock, behaviour=apps.behaviour, boot=0.0)
        self.ground = Ground(
            seed=self.seed,
            pace=self.pace,
            records=self.records,
            clock=clock,
            wall=wall,
            disk=disk,
            ledger=ledger,
            store=store,
            feed=SimulatedFeed(store=store, clock=clock),
            slots=SimulatedSlots(disk=disk, store=store, clock=clock),
            copies=SimulatedCopies(disk=disk),
            components=SimulatedComponents(disk=disk, clock=clock),
            engine=engine,
            router=SimulatedRouter(engine, clock),
            keeper=self._keeper(clock),
            apps=apps,
            answers=self._answers,
            on_commit=self._on_commit,
        )
        for document in (self.installed, *self.releases):
            self.ground.feed.publish(document)
        self._install()

    def start(self) -> None:
        """Let the keeper start what is installed."""
        self.ground.keeper.start()

    def boots_slowly(self) -> None:
        """Let instances take their time from now on."""
        self.ground.engine.boot = _BOOT

    def api(self) -> SimulatedRackd | None:
        """Return the control plane that answers the API; ``None`` where none does."""
        for rackd in self.rackds.values():
            if rackd.slot == self.ground.router.api and rackd.updates and not rackd.is_frozen:
                return None if Flaw.MUTE in rackd.flaws else rackd
        return None

    def deploy(self, app: str, services: Sequence[DesiredService], behaviour: Behaviour) -> None:
        """Promote a release of an app."""
        with self._asked() as connection:
            apps = self.ground.apps
            release = apps.deploy(connection, app, services, self.ground.wall.now())
            apps.behaviours[release] = behaviour

    def scale(self, app: str, service: str, count: int) -> None:
        """Set how many processes a service should have."""
        with self._asked():
            self.ground.apps.scale(app, service, count)
            self.records.forget()

    def retire(self, instance: str) -> None:
        """Terminate an instance as a person does."""
        with self._asked() as connection:
            rollouts.retire_instance(connection, instance, self.ground.wall.now())

    def resize(self, count: int) -> None:
        """Set how many instances there should be."""
        with self._asked() as connection:
            connection.execute(
                parameters.update()
                .where(parameters.c.key == "InstanceCount")
                .values(value=str(count))
            )

    def kill_keeper(self) -> None:
        """End the keeper; what starts it again is a control plane, or else the machine."""
        self.ground.keeper.stop()
        asyncio.get_running_loop().call_later(_MACHINE, self.ground.keeper.start)

    def kill_all(self) -> None:
        """Let the keeper and every control plane end at once."""
        self.kill_keeper()
        for rackd in list(self.rackds.values()):
            rackd.kill()

    def update(self) -> Update | None:
        """Return the newest update."""
        return self.records.read(journal.latest, "updates", "update_steps")

    def last_begun(self) -> str | None:
        """Return the id of the update whose steps were recorded last, whatever the clock said."""
        return self.records.read(_last_begun, "update_steps")

    def outcomes(self) -> Sequence[str]:
        """Return the states of all updates there ever were."""
        return list(self.ends().values())

    def ends(self) -> Mapping[str, str]:
        """Return the state of each update there ever was, by its id."""
        with self.ground.database.look() as connection:
            return {row.id: row.state for row in connection.execute(_OUTCOMES)}

    def told(self) -> Sequence[tuple[str, str]]:
        """Return what people were told of updates: the kind, and the update's id."""
        with self.ground.database.look() as connection:
            found = connection.execute(_TOLD).all()
        return [(row.kind, row.detail["update"]) for row in found if "update" in row.detail]

    def instances(self) -> Sequence[Instance]:
        """Return the instances as recorded."""
        return self.records.read(rollouts.instances, "instances")

    def processes(self) -> Sequence[Process]:
        """Return the processes as recorded."""
        return self.records.read(rollouts.processes, "processes")

    def is_deploying(self) -> bool:
        """Say whether a deployment is under way."""
        found = self.records.read(deployments.every, "deployments")
        return any(deployment.is_active for deployment in found)

    def holdings(self) -> Holdings:
        """Return what the rack has now."""
        ground = self.ground
        with ground.database.look() as connection:
            return Holdings(
                version=facts.get(connection, "version"),
                current=ground.keeper.record.current,
                image=wanted.image(connection),
                components=wanted.components(connection),
                running=frozenset(ground.components.alive),
                slots=frozenset(ground.slots.built),
                artifacts=frozenset(ground.store.held),
            )

    def on_end(self, number: int, how: str) -> None:
        """Note that a control plane has ended."""
        rackd = self.rackds.pop(number)
        self.ground.ledger.changes += 1
        self.ground.say(f"rackd {rackd.slot} ({number}) {how}")
        self.ground.keeper.on_end(number, how)

    def _keeper(self, clock: VirtualClock) -> SimulatedKeeper:
        return SimulatedKeeper(
            clock=clock,
            launch=self._launch,
            is_built=lambda version: version in self.ground.slots.built,
            record=Record(current=self.installed.version, boot="boot-1"),
            changed=self._noted,
        )

    def _launch(self, slot: str, number: int) -> SimulatedRackd:
        rackd = SimulatedRackd(ground=self.ground, slot=slot, number=number, on_end=self.on_end)
        self.rackds[number] = rackd
        self.ground.say(f"rackd {slot} ({number}) starts")
        rackd.start(self.tasks)
        return rackd

    def _noted(self) -> None:
        self.ground.ledger.changes += 1

    def _answers(self, address: str) -> bool:
        found = self.api()
        return found is not None and found.slot == address

    def _on_commit(self, version: str) -> None:
        self.committed = self.holdings()

    @contextmanager
    def _asked(self) -> Iterator[sa.Connection]:
        """Record what a person asks for, and have it noticed."""
        with self.ground.database.begin() as connection:
            yield connection
        self.ground.ledger.changes += 1
        acting = self.api()
        if acting is not None and acting.driver is not None:
            acting.driver.wake()

    def _install(self) -> None:
        ground, release = self.ground, self.installed
        with ground.database.begin() as connection:
            facts.put(connection, "version", release.version)
            wanted.want_image(connection, release.images[ENGINE])
            wanted.want_components(connection, release.components)
            epochs.move_back(connection, after=release.writes)
            connection.execute(_ADD_PARAMETERS, _parameters(self.count, self.seed))
            receivers.add(connection, _TOLD_TO, now=BEGINNING)
            connection.execute(_ADD_RELEASE, {"version": release.version, "created": BEGINNING})
        ground.store.held = {part.sha256 for part in release.artifacts}
        ground.slots.built = {release.version}
        ground.images = {release.images[ENGINE]}
        ground.components.installed = set(release.components)
        ground.components.alive = set(release.components)


def _last_begun(connection: sa.Connection) -> str | None:
    found: str | None = connection.execute(_LAST_BEGUN).scalar()
    return found


def _parameters(count: int, seed: int) -> Sequence[Mapping[str, str]]:
    """Return them; on half of the racks what moves first has to prove itself."""
    values = {
        "InstanceCount": str(count),
        "SoakTime": _SOAK,
        "CanaryTimeByHand": _CANARY if seed % 2 else "0",
    }
    return [{"key": key, "value": value} for key, value in values.items()]
