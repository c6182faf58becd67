"""Keep the wanted image by engine, and nowhere else."""

import sqlalchemy as sa

from convox.state import facts


def expand(connection: sa.Connection) -> None:
    """Copy the image once more: an update that was undone may have changed only the old place."""
    image = facts.get(connection, "image")
    if image is not None:
        facts.put(connection, "images", {"local": image})


def contract(connection: sa.Connection) -> None:
    """Drop the old place; from here on there is no way back to a release that reads it."""
    facts.drop(connection, "image")
