"""From a route and the documents of its releases to a plan. Pure."""

from collections.abc import Mapping

from convox.feed.release import RackRelease, without
from convox.plan.hops import hops_along
from convox.plan.plan import Move, Plan
from convox.plan.route import Route


def plan(
    running: RackRelease,
    route: Route,
    documents: Mapping[str, RackRelease],
    *,
    engine: str = "local",
    image: str | None = None,
    machines: int = 0,
    moves: tuple[Move, ...] = (),
) -> Plan:
    """Return what is done along a route.

    ``documents`` are those of the route's releases. ``image`` is what the engine's instances boot
    from, where that is not the running release's. A roll would replace ``machines`` of them and
    make ``moves``. ``running`` writes what it keeps up, and no more.
    """
    path = [without(documents[version], route.gone[version]) for version in route.versions]
    hops = hops_along(running, path, route.stopping, route.skipped, engine=engine, image=image)
    rolls = any(hop.rolls_instances for hop in hops)
    return Plan(
        running=running.version,
        target=route.versions[-1],
        wanted=route.wanted,
        hops=hops,
        stops_at=tuple(each for each in route.versions if each in route.stopping),
        reason=route.reason,
        machines=machines if rolls else 0,
        moves=moves if rolls else (),
        no_return=route.no_return,
        closed=route.closed,
    )
