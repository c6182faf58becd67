"""Take one look at how apps, resources and the API are doing."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from convox.control.desired import DesiredState, resource_specs
from convox.engine.engine import Engine, InstanceState, ObservedProcess
from convox.host import http
from convox.resources.servers import ResourceServers
from convox.rollout.desired import DesiredService
from convox.update.survey import ServiceHealth, Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDoor:
    """Where requests from outside come in; ``authorization`` lets one in to the API."""

    address: str
    http_port: int
    api_port: int
    authorization: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyor:
    """Looks from outside where it can: pages and the API are fetched through the router."""

    desired: DesiredState
    engine: Engine
    resources: ResourceServers
    door: FrontDoor

    async def __call__(self) -> Survey:
        """Look once."""
        services = self.desired().services
        observed = await self.engine.processes()
        instances = await self.engine.instances()
        ready = sum(instance.state is InstanceState.READY for instance in instances)
        healthy = Counter(_name(process) for process in observed if process.healthy)
        pages = await asyncio.gather(*(self._page(service) for service in services))
        return Survey(
            api=await self._api(),
            services={
                _name(service): ServiceHealth(
                    healthy=healthy[_name(service)],
                    desired=ready if service.agent else service.count,
                    page=page,
                )
                for service, page in zip(services, pages, strict=True)
            },
            resources=await self._resources(),
        )

    async def _page(self, service: DesiredService) -> int | None:
        if not service.hosts or not service.count:
            return None
        headers = {"Host": service.hosts[0]}
        return await _status(
            lambda: http.get(self.door.address, self.door.http_port, service.health.path, headers)
        )

    async def _api(self) -> bool:
        """Ask for what only a control plane that can read its records can answer."""
        door = self.door
        headers = {"Authorization": door.authorization}
        return (
            await _status(lambda: http.get_tls(door.address, door.api_port, "/apps", headers))
            == 200
        )

    async def _resources(self) -> dict[str, bool]:
        with self.desired.database.begin() as connection:
            specs = resource_specs(connection)
        return {
            f"{app}/{name}": await self.resources.answers(spec)
            for (app, name), spec in specs.items()
        }


def _name(thing: DesiredService | ObservedProcess) -> str:
    return f"{thing.app}/{thing.service}"


async def _status(fetch: Callable[[], object]) -> int:
    try:
        answer = await fetch()  # type: ignore[misc]
    except OSError:
        return 0
    return int(answer.status)
