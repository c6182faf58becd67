"""What apps gain by being deployed again, by what the rack's releases say; nothing is done."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import sqlalchemy as sa

from convox.control.views import GainView
from convox.rollout import deployments
from convox.rollout.deployment import active_release
from convox.state import facts
from convox.state.schema import builds, rack_releases, releases, updates

_LOOKED_THROUGH = 20  # rack releases
_COMMITTED = (
    sa.select(rack_releases.c.version, rack_releases.c.created, updates.c.plan)
    .join(updates, updates.c.id == rack_releases.c.update)
    .order_by(rack_releases.c.number.desc())
    .limit(_LOOKED_THROUGH)
)
_BUILT = sa.select(releases.c.id, builds.c.started).join(builds, releases.c.build == builds.c.id)


def gains(connection: sa.Connection) -> Mapping[str, tuple[GainView, ...]]:
    """Return by app what it gains, where that is anything; the newest first.

    An app that was built since has it already.
    """
    offered = [*_offered(connection)]
    if not offered:
        return {}
    found = {
        app: tuple(gain for since, gain in offered if built < since)
        for app, built in _built(connection).items()
    }
    return {app: gained for app, gained in found.items() if gained}


def _offered(connection: sa.Connection) -> Iterator[tuple[datetime, GainView]]:
    """Yield what releases said that are in effect, with when each was committed."""
    running = facts.get(connection, "version")
    for row in connection.execute(_COMMITTED):
        for hop in row.plan["hops"]:
            if hop["target"] == row.version <= running:
                for each in hop["redeploy"]:
                    yield row.created, GainView(version=row.version, **each)


def _built(connection: sa.Connection) -> Mapping[str, datetime]:
    """Return by app when what it runs was built."""
    active = {each.app: active_release(each) for each in deployments.every(connection)}
    wanted = [release for release in active.values() if release is not None]
    query = _BUILT.where(releases.c.id.in_(wanted))
    built = {row.id: row.started for row in connection.execute(query)}
    return {app: built[release] for app, release in active.items() if release in built}
