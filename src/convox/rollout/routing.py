"""Which requests go where, as it follows from a situation. Pure."""

from collections.abc import Mapping

from convox.engine.engine import ProcessId
from convox.rollout.desired import DesiredService
from convox.rollout.process import Phase, Process
from convox.rollout.situation import Situation
from convox.router.route import Route, RouteTable, Target

_LEAVING = frozenset({Phase.DRAINING, Phase.STOPPING})

Targets = Mapping[ProcessId, Target]


def targets(situation: Situation, known: Targets) -> Targets:
    """Return where each process is reached; one that is not seen now stays where it was known."""
    found: dict[ProcessId, Target] = {}
    for process in situation.processes:
        seen = process.observed
        if seen is not None and seen.address is not None:
            host, _, port = seen.address.rpartition(":")
            found[process.id] = Target(id=process.id, host=host, port=int(port))
        elif process.id in known:
            found[process.id] = known[process.id]
    return found


def route_table(situation: Situation, where: Targets) -> RouteTable:
    """Return the table in which every request goes to a healthy process.

    Where a service has serving processes and none is healthy, they keep their requests: a health
    check that fails everywhere says less than a process that may still answer.
    """
    services = [service for service in situation.desired.services if service.hosts]
    routes = {
        f"{service.app}/{service.service}": _route(service, situation, where)
        for service in services
    }
    draining: dict[str, tuple[Target, ...]] = {}
    for process in situation.processes:
        if process.phase in _LEAVING and not process.one_off and process.id in where:
            draining[process.name] = (*draining.get(process.name, ()), where[process.id])
    return RouteTable(routes=routes, draining=draining)


def _route(service: DesiredService, situation: Situation, where: Targets) -> Route:
    serving = [
        process
        for process in situation.of(service)
        if process.phase is Phase.SERVING and process.id in where
    ]
    healthy = [process for process in serving if process.is_healthy]
    return Route(
        name=f"{service.app}/{service.service}",
        hosts=service.hosts,
        targets=_sorted(healthy or serving, where),
        scheme=service.scheme or "http",
        sticky=service.sticky,
    )


def _sorted(processes: list[Process], where: Targets) -> tuple[Target, ...]:
    return tuple(sorted(where[process.id] for process in processes))
