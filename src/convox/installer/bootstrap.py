"""The part of an installation that the new rack's own version does: its first records."""

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from convox.components.table import COMPONENTS
from convox.control import parameters
from convox.errors import Refused
from convox.rackd.ground import ground
from convox.state import facts, migrate, rackfile, wanted
from convox.state.database import Database
from convox.state.schema import rack_releases


def bootstrap(home: Path, version: str, wished: Mapping[str, str]) -> None:
    """Fill an empty database, and put the image and the components in their places."""
    known = rackfile.load(home)
    parts = ground(home, known, version)
    database = Database(known.database)
    try:
        migrate.expand(database)
        migrate.contract(database)
        with database.begin() as connection:
            _refuse_used(connection)
            facts.put(connection, "name", known.name)
            facts.put(connection, "version", version)
            wanted.want_image(connection, parts.unpack_image(parts.feed.kept(version)))
            wanted.want_components(connection, (each.label for each in COMPONENTS.values()))
            parameters.put(connection, wished)
            connection.execute(
                rack_releases.insert().values(version=version, created=parts.clock.now())
            )
    finally:
        database.close()
    for component in COMPONENTS.values():
        parts.components.install(component)


def _refuse_used(connection: sa.Connection) -> None:
    name = facts.get(connection, "name")
    if name is not None:
        raise Refused(
            f"cannot use the database: it has the records of a rack {name}; give an empty one"
        )
