"""Services: how many processes they have, and starting them anew."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from convox.control import running
from convox.control.views import ServiceView
from convox.errors import InvalidInput
from convox.manifest.types import Service
from convox.state.database import Database
from convox.state.schema import services

_MOST = {"count": 1000, "cpu": 1024 * 1024, "memory": 1024 * 1024}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """The services of apps; ``ports`` are the router's, by scheme."""

    database: Database
    domain: str
    ports: tuple[int, ...]
    changed: Callable[[], None]

    def list(self, app: str) -> Sequence[ServiceView]:
        """Return what the app runs, by name."""
        query = sa.select(services).where(services.c.app == app)
        with self.database.begin() as connection:
            known = running.services(connection, app)
            scales = {row["name"]: row for row in connection.execute(query).mappings()}
        return [self._view(app, known[name], dict(scales.get(name, {}))) for name in sorted(known)]

    def update(
        self, app: str, service: str, *, count: int | None, cpu: int | None, memory: int | None
    ) -> None:
        """Set how many processes there should be and what each may use; ``None`` leaves it."""
        wanted = {"count": count, "cpu": cpu, "memory": memory}
        given = {key: value for key, value in wanted.items() if value is not None}
        for key, value in given.items():
            if not 0 <= value <= _MOST[key]:
                raise InvalidInput(
                    f"cannot scale {service}: {key} {value} is not between 0 and {_MOST[key]}"
                )
        with self.database.begin() as connection:
            running.service(connection, app, service)
            _put(connection, app, service, given)
        self.changed()

    def restart(self, app: str, service: str) -> None:
        """Have every process of the service replaced by a new one."""
        with self.database.begin() as connection:
            running.service(connection, app, service)
            query = sa.select(services.c.restarts).where(_is(app, service))
            restarts = connection.execute(query).scalar() or 0
            _put(connection, app, service, {"restarts": restarts + 1})
        self.changed()

    def _view(self, app: str, service: Service, scale: Mapping[str, Any]) -> ServiceView:
        def set_or(key: str, default: int) -> int:
            value: int | None = scale.get(key)
            return default if value is None else value

        return ServiceView(
            name=service.name,
            count=set_or("count", service.scale.count),
            cpu=set_or("cpu", service.scale.cpu),
            memory=set_or("memory", service.scale.shown_memory),
            domain=f"{service.name}.{app}.{self.domain}" if service.port else "",
            port=service.port.number if service.port else None,
            balancer_ports=self.ports if service.port else (),
        )


def _is(app: str, service: str) -> sa.ColumnElement[bool]:
    return sa.and_(services.c.app == app, services.c.name == service)


def _put(connection: sa.Connection, app: str, service: str, values: Mapping[str, int]) -> None:
    if connection.execute(sa.select(services.c.name).where(_is(app, service))).scalar() is None:
        new = {"app": app, "name": service, "restarts": 0}
        connection.execute(services.insert().values(**new))
    if values:
        connection.execute(services.update().where(_is(app, service)).values(**values))
