"""What the rack knows and wants of itself: its name, version, image, components, ..."""

from typing import Any

import sqlalchemy as sa

from convox.state.schema import facts, parameters

# Made once: to make a statement takes longer than to run it.
_FACT = sa.select(facts.c.value).where(facts.c.key == sa.bindparam("key"))
_PUT = facts.insert()
_DROP = facts.delete().where(facts.c.key == sa.bindparam("key"))
_PARAMETER = sa.select(parameters.c.value).where(parameters.c.key == sa.bindparam("key"))


def get(connection: sa.Connection, key: str) -> Any:
    """Return a fact; ``None`` where it was never put."""
    return connection.execute(_FACT, {"key": key}).scalar()


def put(connection: sa.Connection, key: str, value: Any) -> None:
    """Remember a fact, a JSON value, in place of what was known."""
    drop(connection, key)
    connection.execute(_PUT, {"key": key, "value": value})


def drop(connection: sa.Connection, key: str) -> None:
    """Forget a fact."""
    connection.execute(_DROP, {"key": key})


def parameter(connection: sa.Connection, key: str, default: str) -> str:
    """Return a parameter that people set, or its default."""
    value: str | None = connection.execute(_PARAMETER, {"key": key}).scalar()
    return default if value is None else value
