"""Resources: look at what an app was given."""

from collections.abc import Sequence
from dataclasses import dataclass

from convox.control import lookup
from convox.control.desired import resource_specs
from convox.control.views import ResourceView
from convox.errors import NotFound
from convox.resources.resource import ResourceSpec, url
from convox.resources.servers import ResourceServers
from convox.state.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """The resources of apps."""

    database: Database
    servers: ResourceServers

    async def list(self, app: str) -> Sequence[ResourceView]:
        """Return an app's resources, by name."""
        with self.database.begin() as connection:
            lookup.app(connection, app)
            specs = resource_specs(connection)
        own = [spec for (owner, _), spec in sorted(specs.items()) if owner == app]
        return [await self._view(spec) for spec in own]

    async def get(self, app: str, name: str) -> ResourceView:
        """Return one resource."""
        for found in await self.list(app):
            if found.name == name:
                return found
        raise NotFound(f"cannot find resource {name}: no such resource in app {app}")

    async def _view(self, spec: ResourceSpec) -> ResourceView:
        return ResourceView(
            name=spec.name,
            type=spec.type,
            url=url(spec),
            status=await self.servers.status(spec),
            options=spec.options,
        )
