"""What a rack knows of itself, for the conditions of releases."""

from collections.abc import Mapping

import sqlalchemy as sa

from convox.feed.condition import Facts
from convox.host import machine
from convox.state.schema import resources


def machine_facts() -> Facts:
    """Return what does not change while the control plane runs; what is not known is left out."""
    found = {
        "architecture": machine.architecture(),
        "distribution": machine.distribution(),
        "python": machine.python(),
    }
    return {name: frozenset({value}) for name, value in found.items() if value is not None}


def rack_facts(connection: sa.Connection, known: Facts, *, engine: str, instances: int) -> Facts:
    """Return what is ``known`` of the machine, and what the records say."""
    kinds = connection.execute(sa.select(resources.c.type).distinct()).scalars().all()
    found: Mapping[str, frozenset[str]] = {
        "database": frozenset({connection.dialect.name}),
        "engine": frozenset({engine}),
        "instances": frozenset({str(instances)}),
        "resources": frozenset(kinds),
    }
    return {**known, **found}
