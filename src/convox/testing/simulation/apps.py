"""The apps of a simulated rack, and what should run of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from convox.control.desired import desired_instances
from convox.engine.engine import ProcessSpec
from convox.rollout import deployments
from convox.rollout.deployment import active_release, wanted_release
from convox.rollout.desired import Desired, DesiredService
from convox.testing.program import Behaviour

DESIRED = ("deployments", "facts", "parameters", "updates")
"""The tables that decide what should run."""
_DEADLINE = timedelta(seconds=60)


@dataclass(slots=True, kw_only=True)
class SimulatedApps:
    """What people have deployed; the deployments themselves are records."""

    releases: dict[tuple[str, str], tuple[DesiredService, ...]] = field(default_factory=dict)
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    """Of the processes of a release."""
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _made: dict[tuple[str, str], tuple[DesiredService, ...]] = field(default_factory=dict)

    def deploy(
        self, connection: sa.Connection, app: str, services: Sequence[DesiredService], now: datetime
    ) -> str:
        """Promote a new release of an app; return its name."""
        release = f"R{len(self.releases) + 1}"
        self.releases[app, release] = tuple(services)
        last = deployments.latest(connection, app)
        deployments.begin(
            connection,
            app=app,
            release=release,
            previous=active_release(last) if last else None,
            now=now,
            deadline=now + _DEADLINE,
        )
        return release

    def names(self) -> Sequence[str]:
        """Return all apps."""
        return sorted({app for app, _ in self.releases})

    def scale(self, app: str, service: str, count: int) -> None:
        """Set how many processes a service should have."""
        self.counts[app, service] = count
        self._made.clear()

    def desired(self, connection: sa.Connection) -> Desired:
        """Return what should run, as it follows from the deployments."""
        services: list[DesiredService] = []
        for current in deployments.every(connection):
            release = wanted_release(current)
            if release is not None:
                services += self._services(current.app, release)
        return Desired(services=tuple(services), instances=desired_instances(connection))

    def behaviour(self, spec: ProcessSpec) -> Behaviour:
        """Return how a process behaves."""
        return self.behaviours.get(spec.release, Behaviour())

    def _services(self, app: str, release: str) -> tuple[DesiredService, ...]:
        if (app, release) not in self._made:
            self._made[app, release] = tuple(
                replace(
                    item,
                    app=app,
                    release=release,
                    fingerprint=release,
                    count=self.counts.get((app, item.service), item.count),
                    hosts=tuple(f"{name}.{app}" for name in item.hosts),
                )
                for item in self.releases[app, release]
            )
        return self._made[app, release]
