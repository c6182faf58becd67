"""The part of a stop that the rack's own version does: end what outlives a control plane.

It needs no control plane, only what each part has written down of its own processes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import sqlalchemy as sa

from convox.control.desired import resource_specs
from convox.errors import HostError, RackError
from convox.rackd.ground import Ground, ground
from convox.state import rackfile
from convox.state.database import Database


async def halt(home: Path) -> None:
    """End instances with their processes, then what these use, then the router.

    What cannot be ended does not keep the rest; ``HostError`` names all of it at the end.
    """
    parts = ground(home, rackfile.load(home), "")
    acts: Mapping[str, Callable[[], Awaitable[object]]] = {
        "instances": lambda: _end_instances(parts),
        "components": lambda: parts.components.keep(frozenset()),
        "resources": lambda: _stop_resources(parts),
        "the router": parts.router.stop,
    }
    failures = []
    for what, act in acts.items():
        try:
            await act()
        except (RackError, OSError, sa.exc.SQLAlchemyError) as error:
            failures.append(f"{what}: {error}")
    if failures:
        raise HostError(f"cannot stop all of the rack: {'; '.join(failures)}")


async def _end_instances(parts: Ground) -> None:
    found = await parts.engine.instances()
    await asyncio.gather(*(parts.engine.terminate(instance.id) for instance in found))


async def _stop_resources(parts: Ground) -> None:
    database = Database(parts.facts.database)
    try:
        with database.begin() as connection:
            specs = resource_specs(connection)
    finally:
        database.close()
    await asyncio.gather(*(parts.resources.stop(spec) for spec in specs.values()))
