"""What a control plane must answer to be taken for one that can do the work.

It is asked for what matters to a client, and the records that it was given say the right answer:
the rack itself goes on meanwhile, so what the running control plane says may be newer.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from convox.rollout import deployments, records
from convox.rollout.deployment import active_release
from convox.state import facts
from convox.state.database import Database
from convox.state.schema import apps

Things = Sequence[Mapping[str, Any]]
"""What is answered, as far as it matters."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "/system": ("name", "provider", "domain", "version"),
    "/apps": ("name", "release"),
    "/instances": ("id",),
}
"""By the path, what matters of the things that are answered."""

_APPS = sa.select(apps.c.name).order_by(apps.c.name)


def promised(copy: Path, rack: Mapping[str, str]) -> Mapping[str, Things]:
    """Return what must be answered from a copy of the records, by path; ``rack`` is its facts."""
    database = Database(f"sqlite:///{copy}")
    try:
        with database.look() as connection:
            instances = sorted(each.id for each in records.instances(connection))
            return {
                "/system": [{**rack, "version": facts.get(connection, "version")}],
                "/apps": _apps(connection),
                "/instances": [{"id": name} for name in instances],
            }
    finally:
        database.close()


def _apps(connection: sa.Connection) -> Things:
    latest = {each.app: active_release(each) for each in deployments.every(connection)}
    names = connection.execute(_APPS).scalars()
    return [{"name": name, "release": latest.get(name) or ""} for name in names]
