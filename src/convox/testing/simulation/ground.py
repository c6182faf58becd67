"""What a simulated rack stands on: all that outlives a control plane."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from convox.rollout.desired import Desired, DesiredService
from convox.state.database import Database
from convox.testing.engine import SimulatedEngine
from convox.testing.router import SimulatedRouter
from convox.testing.simulation.apps import DESIRED, SimulatedApps
from convox.testing.simulation.feed import SimulatedFeed
from convox.testing.simulation.flaws import Flaw
from convox.testing.simulation.keeper import SimulatedKeeper
from convox.testing.simulation.machine import (
    Disk,
    SimulatedComponents,
    SimulatedCopies,
    SimulatedSlots,
    SimulatedStore,
)
from convox.testing.simulation.records import Ledger, Records
from convox.testing.simulation.strikes import Strikes
from convox.testing.simulation.virtual import BEGINNING, VirtualClock
from convox.update.survey import ServiceHealth, Survey


@dataclass(slots=True, kw_only=True)
class Ground:
    """The parts, each the only one of its kind.

    ``clock`` is time itself, ``wall`` shows what the machine's clock says. ``pace`` are the seconds
    between two looks of whoever looks again and again.
    """

    seed: int
    pace: float
    records: Records
    clock: VirtualClock
    wall: VirtualClock
    disk: Disk
    ledger: Ledger
    store: SimulatedStore
    feed: SimulatedFeed
    slots: SimulatedSlots
    copies: SimulatedCopies
    components: SimulatedComponents
    engine: SimulatedEngine
    router: SimulatedRouter
    keeper: SimulatedKeeper
    apps: SimulatedApps
    strikes: Strikes = field(default_factory=Strikes)
    images_wanted: list[str] = field(default_factory=list)
    """The image that instances should boot from, each time it was another one."""
    open_for: float = 1.0
    """For how many seconds requests and streams to an API that was handed over go on."""
    updates_itself: bool = False
    """Whether it runs the loop that begins updates by itself."""
    flaws: dict[str, frozenset[Flaw]] = field(default_factory=dict)
    """By version."""
    images: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    answers: Callable[[str], bool] = lambda _: False
    """Whether the API of the control plane at this address answers."""
    on_commit: Callable[[str], None] = lambda _: None
    """Told the version when a hop was committed and pruned."""

    @property
    def database(self) -> Database:
        """What the records are kept in."""
        return self.records.database

    def say(self, text: str) -> None:
        """Keep a line for whoever looks into a failure."""
        self.told.append(f"{self.clock.monotonic():7.1f} {text}")

    def changes(self) -> int:
        """Return a number that changes whenever something has happened."""
        return self.ledger.changes + self.engine.changes

    def coming(self) -> float:
        """Return when time alone changes something next."""
        when = self.engine.next_change()
        return float("inf") if when is None else (when - BEGINNING).total_seconds()

    def desired(self) -> Desired:
        """Return what should run."""
        found = self.records.read(self.apps.desired, *DESIRED)
        if self.images_wanted[-1:] != [found.instances.image]:
            self.images_wanted.append(found.instances.image)
        return found

    async def survey(self) -> Survey:
        """Look at everything as ``control.surveying`` does, through the router where it can be."""
        healthy = [item for item in await self.engine.processes() if item.healthy]
        names = [f"{item.app}/{item.service}" for item in healthy]
        return Survey(
            api=self.api_answers(),
            services={
                service.name: ServiceHealth(
                    healthy=names.count(service.name),
                    desired=service.count,
                    page=self._page(service, {item.id for item in healthy}),
                )
                for service in self.desired().services
            },
        )

    def api_answers(self) -> bool:
        """Say whether a request to the API is answered."""
        return self.answers(self.router.api)

    def _page(self, service: DesiredService, healthy: Collection[str]) -> int | None:
        if not service.hosts or not service.count:
            return None
        if Flaw.BLIND in self.flaws.get(self.router.api, frozenset()):
            return 500
        found = self.router.request(service.hosts[0])
        return 200 if found in healthy else 0
