"""The real steps of an update, on a simulated machine; put together as ``rackd.steps`` does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from convox.control.desired import soak_seconds
from convox.errors import HostError
from convox.feed.release import RackRelease
from convox.host.clock import Clock
from convox.rollout import deployments, records
from convox.rollout.progress import Roll
from convox.state import wanted
from convox.state.lease import Lease
from convox.state.schema import rack_releases
from convox.testing.simulation.feed import ENGINE
from convox.testing.simulation.flaws import Flaw
from convox.testing.simulation.ground import Ground
from convox.testing.simulation.machine import component
from convox.update import journal
from convox.update.history import Samples
from convox.update.meter import Meter
from convox.update.objections import Objector
from convox.update.patience import PatientKeeper
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
from convox.update.update import Update

_SHADOW = 1.0  # seconds to boot in the shadow
_EXPANSION = 0.5  # seconds
_PATIENCE = 60.0  # seconds without any progress of a roll
_RAN = sa.select(rack_releases.c.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Updating:
    """What the steps share; ``slot`` is the version that runs them."""

    ground: Ground
    lease: Lease
    clock: Clock
    slot: str
    wake: Callable[[], None]
    progress: Callable[[], Roll]
    narrate: Callable[[str], None]

    def steps(self) -> Sequence[Step]:
        """Return every step that a plan may name."""
        return [*self._before(), *self._after()]

    def objector(self) -> Objector:
        """Return what speaks against an update; there is room for every roll."""
        return Objector(
            free=lambda: self.ground.disk.free,
            store=self.ground.store,
            survey=self.ground.survey,
            rolling=self._rolling,
            booted=self._booted,
            known=self._known,
            feasible=_fits,
        )

    def waits_for(self, update: Update) -> str:
        """Return what holds up the roll that an update makes, as far as it makes one now."""
        return self.progress().blocker if update.is_rolling else ""

    def _before(self) -> Sequence[Step]:
        ground = self.ground
        return [
            Fetch(source=ground.feed, store=ground.store, meter=Meter(narrate=self.narrate)),
            Preflight(
                objections=self.objector(),
                apps=ground.apps.names,
                clock=self.clock,
                narrate=self.narrate,
            ),
            Snapshot(copies=ground.copies, directory=Path("/snapshots")),
            Stage(slots=ground.slots, unpack_image=self._unpack, probe=self._probe),
            Expand(migrate=self._expand),
            Handoff(keeper=self._keeper(), lease=self.lease, clock=self.clock, version=self.slot),
        ]

    def _after(self) -> Sequence[Step]:
        ground, lease, clock = self.ground, self.lease, self.clock
        labels = ground.feed.kept(self.slot).components
        samples = Samples(lease=lease, clock=clock, who=self.slot)
        return [
            ChangeComponents(
                running=ground.components,
                table={label: component(label) for label in labels},
                lease=lease,
            ),
            RollInstances(
                engine=ENGINE,
                wake=self.wake,
                progress=self.progress,
                lease=lease,
                clock=clock,
                narrate=self.narrate,
                held=self._held,
                survey=ground.survey,
                keep=samples.keep,
                patience=_PATIENCE,
            ),
            Soak(
                survey=ground.survey,
                seconds=lambda: soak_seconds(lease.database),
                lost=self._lost,
                clock=clock,
                keep=samples.keep,
                conclude=samples.conclude,
            ),
            Commit(
                keeper=self._keeper(),
                lease=lease,
                clock=clock,
                renew_keeper=self._renew_keeper,
                prune=self._prune,
            ),
        ]

    def _keeper(self) -> PatientKeeper:
        return PatientKeeper(keeper=self.ground.keeper, clock=self.clock)

    def _rolling(self) -> Sequence[str]:
        with self.lease.database.look() as connection:
            return deployments.deploying(connection)

    def _booted(self) -> Mapping[str, str]:
        with self.lease.database.look() as connection:
            return records.booted(connection)

    def _known(self) -> Sequence[RackRelease]:
        with self.lease.database.look() as connection:
            ran = set(connection.execute(_RAN).scalars())
        return [self.ground.feed.kept(version) for version in sorted(ran)]

    async def _unpack(self, release: RackRelease) -> None:
        self.ground.disk.write()
        self.ground.images.add(release.images[ENGINE])

    async def _probe(self, version: str, copy: Path) -> None:
        await self.clock.sleep(_SHADOW)
        self.ground.copies.check(copy)
        if not self.ground.slots.exists(version):
            raise HostError("cannot boot the new control plane: its slot is not there")
        if Flaw.FORGETS in self.ground.flaws.get(version, frozenset()):
            raise HostError("cannot use the new control plane: it answers /apps with []")

    async def _expand(self, version: str) -> None:
        await self.clock.sleep(_EXPANSION)
        self.ground.disk.write()

    def _lost(self, hop: HopInHand) -> Sequence[str]:
        is_lost = Flaw.LOSES in self.ground.flaws.get(self.slot, frozenset())
        apps: Sequence[str] = hop.facts["preflight"]["apps"]
        return apps if is_lost else [app for app in apps if app not in self.ground.apps.names()]

    def _held(self) -> bool:
        return self.ground.records.read(journal.is_paused, "updates")

    async def _renew_keeper(self) -> None:
        copy = f"keeper-{self.slot}"
        if (await self.ground.keeper.status()).keeper != copy:
            await self.ground.keeper.replace(copy)

    async def _prune(self, hop: HopInHand) -> None:
        """Keep both sides of the hop, and where it all began, as ``update.pruning`` does."""
        ground, both = self.ground, (hop.origin, hop.target)
        with self.lease.database.look() as connection:
            began = journal.load(connection, hop.update).origin
        kept = (*both, ground.feed.kept(began))
        ground.slots.prune({release.version for release in both})
        ground.store.prune({part.sha256 for release in kept for part in release.artifacts})
        with self.lease.database.look() as connection:
            labels = wanted.components(connection)
        ground.components.prune(labels)
        booted = {*self._booted().values()}
        ground.images &= {release.images[ENGINE] for release in both} | booted
        ground.on_commit(hop.target.version)


async def _fits(release: RackRelease) -> Sequence[str]:
    return ()
