"""Answer from a copy of the records, and act on nothing."""

import asyncio
from dataclasses import replace
from pathlib import Path

from convox.rackd.assembly import assemble
from convox.rackd.listener import Listener
from convox.rackd.records import open_records
from convox.state import lease, rackfile
from convox.update.shadow import LIFETIME


async def serve_shadow(home: Path, slot: str, copy: str, socket: Path) -> None:
    """Serve on ``socket`` for a minute; whoever probes a shadow ends it before.

    No loop runs, so nothing is started, stopped or routed. The lease is taken in the copy.
    """
    facts = replace(rackfile.load(home), database=copy)
    database = open_records(copy, home, slot)
    async with asyncio.TaskGroup() as tasks:
        held = lease.take(database, holder=f"shadow of {slot}")
        rack = assemble(home, facts, slot, held, tasks)
        async with Listener(rack.application, socket):
            await rack.clock.sleep(LIFETIME)
    database.close()
