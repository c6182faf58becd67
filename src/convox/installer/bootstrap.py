"""The part of an installation that the new rack's own version does: its first records."""

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from convox.components.table import COMPONENTS
from convox.control import parameters
from convox.engine.local import images
from convox.errors import Refused
from convox.feed.release import image_archive
from convox.rackd.ground import Ground, ground
from convox.state import facts, migrate, rackfile, wanted
from convox.state.database import Database
from convox.state.schema import rack_releases

ENGINE = "local"


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
            wanted.want_image(connection, _unpack_image(parts, version))
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


def _unpack_image(parts: Ground, version: str) -> str:
    name = image_archive(ENGINE)
    artifacts = parts.feed.kept(version).artifacts
    artifact = next(part for part in artifacts if part.name == name)
    return images.unpack(parts.store.path(artifact.sha256), parts.home / "images")
