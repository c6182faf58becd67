"""Which requests go where, as it follows from a situation. Pure."""

from collections import defaultdict
from collections.abc import Mapping

from convox.engine.engine import ProcessId
from convox.rollout.desired import DesiredService
from convox.rollout.process import Phase
from convox.rollout.situation import Situation
from convox.router.route import Route, RouteTable, Target

_ROUTED = frozenset({Phase.SERVING, Phase.DRAINING, Phase.STOPPING})
"""The phases of a process that was routed to, so that it may have requests open."""

Targets = Mapping[ProcessId, Target]


def targets(situation: Situation, known: Targets) -> Targets:
    """Return where each process is reached; one that is not seen now stays where it was known."""
    found: dict[ProcessId, Target] = {}
    for process in situation.processes:
        seen = process.observed
        if process.one_off:
            continue
        if seen is not None and seen.address is not None:
            host, _, port = seen.address.rpartition(":")
            found[process.id] = Target(id=process.id, host=host, port=int(port))
        elif process.id in known:
            found[process.id] = known[process.id]
    return found


def route_table(situation: Situation, where: Targets) -> RouteTable:
    """Return the table in which every request goes to a healthy process.

    One that gets no requests, since it leaves or is not healthy, still finishes those it has.
    """
    routes = {
        service.name: _route(service, situation, where)
        for service in situation.desired.services
        if service.hosts
    }
    routed = {target.id for route in routes.values() for target in route.targets}
    draining: defaultdict[str, list[Target]] = defaultdict(list)
    for process in situation.processes:
        if process.phase in _ROUTED and process.id in where and process.id not in routed:
            draining[process.name].append(where[process.id])
    return RouteTable(
        routes=routes, draining={name: tuple(found) for name, found in draining.items()}
    )


def _route(service: DesiredService, situation: Situation, where: Targets) -> Route:
    serving = [
        process
        for process in situation.of(service)
        if process.phase is Phase.SERVING
        and process.id in where
        and not situation.is_ending(process)
    ]
    # A health check that fails everywhere says less than a process that may still answer.
    healthy = [process for process in serving if process.is_healthy] or serving
    return Route(
        name=service.name,
        hosts=service.hosts,
        targets=tuple(sorted(where[process.id] for process in healthy)),
        scheme=service.scheme or "http",
        sticky=service.sticky,
    )
