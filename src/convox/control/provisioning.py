"""Give an app the resources that its manifest names."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from convox.control.desired import resource_specs
from convox.errors import InvalidInput, ResourceError
from convox.host import ports
from convox.host.clock import Clock
from convox.host.ids import IdSource, password
from convox.manifest.types import Resource
from convox.resources.resource import ResourceSpec, check_resource
from convox.resources.servers import ResourceServers
from convox.state.database import Database
from convox.state.schema import resources

_PORTS = range(16000, 20000)  # below those of processes, and of outgoing connections
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioning:
    """Records resources and has them run; what an app no longer names keeps its data."""

    database: Database
    servers: ResourceServers
    clock: Clock
    ids: IdSource

    async def ensure(self, app: str, wanted: Sequence[Resource]) -> None:
        """Return when all of them answer."""
        for resource in wanted:
            check_resource(resource.name, resource.type, resource.options)
        with self.database.begin() as connection:
            specs = [self._record(connection, app, resource) for resource in wanted]
        await asyncio.gather(*(self.servers.ensure(spec) for spec in specs))

    def _record(self, connection: sa.Connection, app: str, wanted: Resource) -> ResourceSpec:
        known = resource_specs(connection)
        found = known.get((app, wanted.name))
        if found is None:
            used = {spec.port for spec in known.values()}
            connection.execute(
                resources.insert().values(
                    app=app,
                    name=wanted.name,
                    type=wanted.type,
                    options=dict(wanted.options),
                    port=_free_port(used, self.ids),
                    password=password(self.ids),
                    created=self.clock.now(),
                )
            )
        elif found.type != wanted.type:
            raise InvalidInput(
                f"cannot make resource {wanted.name} a {wanted.type}: it is a {found.type} with"
                " data; use another name"
            )
        else:
            columns = resources.c
            is_it = sa.and_(columns.app == app, columns.name == wanted.name)
            connection.execute(resources.update().where(is_it).values(options=dict(wanted.options)))
        return resource_specs(connection)[app, wanted.name]


def _free_port(used: set[int], ids: IdSource) -> int:
    """Return a port that nobody has, from a random place on: other racks choose at this moment."""
    first = int(ids.new("0123456789", 6)) % len(_PORTS)
    for offset in range(len(_PORTS)):
        port = _PORTS[(first + offset) % len(_PORTS)]
        if port not in used and ports.is_free(_LOOPBACK, port):
            return port
    raise ResourceError("cannot find a port for a resource: all are in use")
