"""The steps of an update, each given what it acts on."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from convox.audit import Kind
from convox.audit.history import entries
from convox.components.table import COMPONENTS
from convox.control.desired import soak_seconds
from convox.errors import NotFound
from convox.feed.release import RackRelease
from convox.host.capacity import free_disk
from convox.rackd.ground import ENGINE, Ground
from convox.rollout import deployments, records
from convox.rollout.progress import Roll
from convox.state import wanted
from convox.state.database import Database
from convox.state.lease import Lease
from convox.state.schema import apps, rack_releases
from convox.update import journal, keeper_program
from convox.update.copies import DatabaseCopies
from convox.update.expanding import expand
from convox.update.history import Samples
from convox.update.meter import Meter
from convox.update.objections import Objector
from convox.update.patience import PatientKeeper
from convox.update.pruning import Pruning
from convox.update.shadow import Shadow
from convox.update.steps.commit import Commit
from convox.update.steps.components import ChangeComponents
from convox.update.steps.expand import Expand
from convox.update.steps.fetch import Fetch
from convox.update.steps.handoff import Handoff
from convox.update.steps.instances import RollInstances
from convox.update.steps.preflight import Preflight
from convox.update.steps.snapshot import Snapshot
from convox.update.steps.soak import Soak
from convox.update.steps.stage import Stage
from convox.update.steps.step import HopInHand, Step
from convox.update.survey import Survey
from convox.update.update import Update


@dataclass(frozen=True, slots=True, kw_only=True)
class Updating:
    """What the steps share."""

    parts: Ground
    lease: Lease
    survey: Callable[[], Awaitable[Survey]]
    wake: Callable[[], None]
    progress: Callable[[], Roll]
    feasible: Callable[[], Awaitable[Sequence[str]]]
    """What speaks against a roll of all instances."""
    authorization: str
    meter: Meter

    @property
    def objector(self) -> Objector:
        """Return what speaks against an update."""
        return Objector(
            free=lambda: free_disk(self.parts.home),
            store=self.parts.store,
            survey=self.survey,
            rolling=lambda: _rolling(self.lease.database),
            booted=lambda: _booted(self.lease.database),
            known=lambda: _known(self.parts, self.lease.database),
            feasible=self._feasible,
        )

    async def _feasible(self, release: RackRelease) -> Sequence[str]:
        with self.lease.database.look() as connection:
            rolls = release.images.get(ENGINE) not in {None, wanted.image(connection)}
        return await self.feasible() if rolls else []

    def waits_for(self, update: Update) -> str:
        """Return what holds up an update, as far as a roll or a download does so now."""
        return self.progress().blocker if update.is_rolling else str(self.meter)

    def lingering(self) -> Sequence[str]:
        """Return what instances that were replaced still wait for."""
        return [str(blocker) for blocker in self.progress().lingering]

    def steps(self) -> Sequence[Step]:
        """Return every step that a plan may name."""
        return [*self._before(), *self._after()]

    def _before(self) -> Sequence[Step]:
        """Return the steps that the older release drives."""
        parts, database = self.parts, self.lease.database
        shadow = Shadow(
            home=parts.home,
            slots=parts.slots,
            rack={"name": parts.facts.name, "domain": parts.facts.domain, "provider": ENGINE},
            headers={"Authorization": self.authorization, "Host": "localhost"},
            clock=parts.clock,
        )
        return [
            Fetch(source=parts.feed, store=parts.store, meter=self.meter),
            Preflight(
                objections=self.objector,
                apps=lambda: _apps(database),
                clock=parts.clock,
                narrate=parts.log.say,
            ),
            Snapshot(copies=DatabaseCopies(database=database), directory=parts.home / "snapshots"),
            Stage(
                slots=parts.slots,
                unpack_image=lambda release: _unpack_image(parts, release),
                probe=shadow.probe,
            ),
            Expand(migrate=lambda version: expand(parts.slots, version, database.url)),
            Handoff(keeper=self._keeper(), lease=self.lease, clock=parts.clock, version=parts.slot),
        ]

    def _after(self) -> Sequence[Step]:
        """Return the steps that the newer release drives."""
        parts, lease, clock = self.parts, self.lease, self.parts.clock
        samples = Samples(lease=lease, clock=clock, who=parts.slot)
        return [
            ChangeComponents(running=parts.components, table=COMPONENTS, lease=lease),
            RollInstances(
                engine=ENGINE,
                wake=self.wake,
                progress=self.progress,
                lease=lease,
                clock=clock,
                narrate=parts.log.say,
                held=lambda: _held(lease.database),
                survey=self.survey,
                keep=samples.keep,
            ),
            Soak(
                survey=self.survey,
                seconds=lambda: soak_seconds(lease.database),
                lost=lambda hop: _lost(lease.database, hop),
                clock=clock,
                keep=samples.keep,
                conclude=samples.conclude,
            ),
            Commit(
                keeper=self._keeper(),
                lease=lease,
                clock=clock,
                renew_keeper=lambda: _renew_keeper(parts),
                prune=self._pruning(),
            ),
        ]

    def _keeper(self) -> PatientKeeper:
        return PatientKeeper(keeper=self.parts.keeper, clock=self.parts.clock)

    def _pruning(self) -> Pruning:
        parts, database = self.parts, self.lease.database
        return Pruning(
            home=parts.home,
            slots=parts.slots,
            store=parts.store,
            components=parts.components,
            database=database,
            booted=lambda: _booted(database).values(),
            began=lambda hop: _began(parts, database, hop),
        )


def _began(parts: Ground, database: Database, hop: HopInHand) -> Sequence[RackRelease]:
    """Return the release that the update of a hop began at, where its document is known."""
    with database.look() as connection:
        version = journal.load(connection, hop.update).origin
    try:
        return [parts.feed.kept(version)]
    except NotFound:
        return []


def _rolling(database: Database) -> Sequence[str]:
    with database.look() as connection:
        return deployments.deploying(connection)


def _apps(database: Database) -> Sequence[str]:
    with database.look() as connection:
        return connection.execute(sa.select(apps.c.name)).scalars().all()


def _lost(database: Database, hop: HopInHand) -> Sequence[str]:
    with database.look() as connection:
        deleted = {entry.detail["app"] for entry in entries(connection, kind=Kind.DELETED)}
    there = deleted.union(_apps(database))
    return [app for app in hop.facts["preflight"]["apps"] if app not in there]


def _held(database: Database) -> bool:
    with database.look() as connection:
        return journal.is_paused(connection)


def _booted(database: Database) -> Mapping[str, str]:
    with database.look() as connection:
        return records.booted(connection)


def _known(parts: Ground, database: Database) -> Sequence[RackRelease]:
    """Return the documents of the releases that ran here, as far as they are still at hand."""
    with database.look() as connection:
        versions = set(connection.execute(sa.select(rack_releases.c.version)).scalars())
    found = []
    for version in sorted(versions):
        with contextlib.suppress(NotFound):
            found.append(parts.feed.kept(version))
    return found


async def _unpack_image(parts: Ground, release: RackRelease) -> None:
    await asyncio.to_thread(parts.unpack_image, release)


async def _renew_keeper(parts: Ground) -> None:
    copy = keeper_program.install(parts.home)
    if (await parts.keeper.status()).keeper != copy.name:
        await parts.keeper.replace(copy)
