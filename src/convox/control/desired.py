"""What should run, computed from what people asked for: apps, releases, scales, parameters."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from convox.control.automatic.policy import AUTOMATIC
from convox.engine.engine import HealthCheck
from convox.manifest.parse import parse
from convox.manifest.types import Service
from convox.resources.resource import ResourceSpec, url
from convox.rollout import deployments
from convox.rollout.deployment import wanted_release
from convox.rollout.desired import Desired, DesiredInstances, DesiredService
from convox.state import facts, wanted
from convox.state.database import Database
from convox.state.remembered import Remembered
from convox.state.schema import apps, builds, releases, resources, services
from convox.update import journal

INSTANCE_COUNT = "3"
INSTANCE_LIMIT = "0"
BATCH = "1"
SOAK_TIME = "5"
_CANARY = CANARY, CANARY_TIME = "CanaryTime", "30"
_CANARY_BY_HAND = CANARY_BY_HAND, CANARY_TIME_BY_HAND = "CanaryTimeByHand", "0"

_parsed = lru_cache(maxsize=512)(lambda text, variables: parse(text, dict(variables)))


@dataclass(slots=True, kw_only=True)
class DesiredState:
    """Computes it anew whenever the records may have changed."""

    database: Database
    rack: str
    domain: str
    tools: Callable[[Path], Mapping[str, str]]
    """The environment in which a built service finds its own programs, by its directory."""
    _remembered: Remembered[Desired] = field(init=False)

    def __post_init__(self) -> None:
        self._remembered = Remembered(self.database, self._read)

    def __call__(self) -> Desired:
        """Return what should run now."""
        with self.database.begin() as connection:
            return self._remembered(connection)

    def of_release(self, release: str) -> Sequence[DesiredService]:
        """Return the services of a release, as they would run; none where it has no build."""
        with self.database.begin() as connection:
            return tuple(self._of_release(connection, release))

    def _read(self, connection: sa.Connection) -> Desired:
        return Desired(
            services=tuple(self._services(connection)),
            instances=desired_instances(connection),
        )

    def _services(self, connection: sa.Connection) -> Iterator[DesiredService]:
        present = set(connection.execute(sa.select(apps.c.name)).scalars())
        for deployment in deployments.every(connection):
            release = wanted_release(deployment)
            if release is not None and deployment.app in present:
                yield from self._of_release(connection, release)

    def _of_release(self, connection: sa.Connection, release: str) -> Iterator[DesiredService]:
        found = connection.execute(_release(release)).one_or_none()
        if found is None:
            return
        mine = sa.select(services, services.c.count.label("wanted")).where(
            services.c.app == found.app
        )
        scales = {row.name: row for row in connection.execute(mine)}
        specs = resource_specs(connection)
        variables = environment(found.environment)
        manifest = _parsed(found.manifest, tuple(variables.items()))
        for service in manifest.services.values():
            yield self._service(found, service, variables, scales.get(service.name), specs)

    def _service(
        self,
        release: sa.Row[Any],
        service: Service,
        variables: Mapping[str, str],
        scale: sa.Row[Any] | None,
        specs: Mapping[tuple[str, str], ResourceSpec],
    ) -> DesiredService:
        directory = Path(release.slug) / (service.build or ".")
        # A row's own ``count`` is the method of a tuple.
        asked = None if scale is None else scale.wanted
        count = service.scale.count if asked is None else asked
        own = f"{service.name}.{release.app}.{self.domain}"
        return DesiredService(
            app=release.app,
            service=service.name,
            release=release.id,
            fingerprint=_fingerprint(release.id, 0 if scale is None else scale.restarts),
            count=count,
            command=service.command,
            directory=directory,
            environment={
                **self._own_variables(release, service),
                **_service_variables(service, variables),
                **_resource_variables(release.app, service, specs),
                **self.tools(directory),
            },
            scheme=service.port.scheme if service.port else None,
            health=_health_check(service),
            memory=_declared_memory(service, scale),
            minimum=service.deployment.minimum,
            maximum=service.deployment.maximum,
            singleton=service.singleton,
            agent=service.agent,
            drain=service.drain,
            grace=service.grace,
            hosts=(own, *service.domains) if service.port else (),
            sticky=service.sticky,
        )

    def _own_variables(self, release: sa.Row[Any], service: Service) -> Mapping[str, str]:
        return {
            "APP": release.app,
            "BUILD": release.build,
            "RACK": self.rack,
            "RELEASE": release.id,
            "SERVICE": service.name,
        }


def desired_instances(connection: sa.Connection) -> DesiredInstances:
    """Return which instances there should be."""
    return DesiredInstances(
        image=wanted.image(connection),
        count=int(facts.parameter(connection, "InstanceCount", INSTANCE_COUNT)),
        batch=int(facts.parameter(connection, "InstanceUpdateBatchSize", BATCH)),
        limit=int(facts.parameter(connection, "InstanceLimit", INSTANCE_LIMIT)),
        held=journal.is_paused(connection),
        canary=canary_seconds(connection, journal.asker(connection)),
    )


def canary_seconds(connection: sa.Connection, asker: str | None) -> float:
    """Return for how long what moves first in an update has to prove itself, by who asked for it.

    Nothing does in one that turns back, nor where instances are replaced without one.
    """
    if asker is None:
        return 0.0
    key, default = _CANARY if asker == AUTOMATIC else _CANARY_BY_HAND
    return float(facts.parameter(connection, key, default))


def soak_seconds(database: Database) -> float:
    """Return for how long an update watches before it commits."""
    with database.begin() as connection:
        return float(facts.parameter(connection, "SoakTime", SOAK_TIME))


def environment(text: str) -> Mapping[str, str]:
    """Return a release's variables from its ``K=V`` lines."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key: value for key, _, value in pairs}


def variable_of(resource: str) -> str:
    """Return the name of the variable that holds a resource's URL."""
    return f"{resource.upper().replace('-', '_')}_URL"


def _health_check(service: Service) -> HealthCheck:
    asked = service.health
    return HealthCheck(
        path=asked.path, interval=asked.interval, timeout=asked.timeout, grace=asked.grace
    )


def _resource_variables(
    app: str, service: Service, specs: Mapping[tuple[str, str], ResourceSpec]
) -> Mapping[str, str]:
    return {
        variable_of(name): url(specs[app, name])
        for name in service.resources
        if (app, name) in specs
    }


def _service_variables(service: Service, variables: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables that a service lists: the release's value, else the default."""
    if "*" in service.environment:
        return {**_defaults(service), **variables}
    listed = {key: variables.get(key, default) for key, default in service.environment.items()}
    return {key: value for key, value in listed.items() if value is not None}


def _defaults(service: Service) -> Mapping[str, str]:
    return {key: value for key, value in service.environment.items() if value is not None}


def _declared_memory(service: Service, scale: sa.Row[Any] | None) -> int:
    """Return what a person said of it, else what the manifest says; 0 where nobody said."""
    if scale is not None and scale.memory is not None:
        return int(scale.memory)
    return service.scale.memory or 0


def _fingerprint(release: str, restarts: int) -> str:
    return hashlib.sha256(f"{release} {restarts}".encode()).hexdigest()[:16]


def _release(release: str) -> sa.Select[Any]:
    return (
        sa.select(releases, builds.c.manifest, builds.c.slug)
        .join(builds, releases.c.build == builds.c.id)
        .where(releases.c.id == release)
    )


def resource_specs(connection: sa.Connection) -> Mapping[tuple[str, str], ResourceSpec]:
    """Return the resources that apps asked for, by app and name."""
    return {
        (row.app, row.name): ResourceSpec(
            app=row.app,
            name=row.name,
            type=row.type,
            options=row.options,
            port=row.port,
            password=row.password,
        )
        for row in connection.execute(sa.select(resources))
    }
