"""Keep the wanted image by engine, beside the one for the local engine."""

import sqlalchemy as sa

from convox.state import facts


def expand(connection: sa.Connection) -> None:
    """Copy the image to its new place."""
    facts.put(connection, "images", {"local": facts.get(connection, "image")})
