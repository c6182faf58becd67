"""Take over, act, and hand over when another control plane comes."""

import asyncio
import logging
import signal
from functools import partial
from pathlib import Path

from convox.errors import LeaseLost
from convox.rackd.assembly import Rack, assemble
from convox.rackd.going_on import Run, go_on
from convox.rackd.listener import Listener
from convox.rackd.records import open_records
from convox.state import lease, rackfile
from convox.state.soundness import refuse_damaged

_log = logging.getLogger(__name__)
_LINGER = 3600.0  # seconds in which a control plane that handed over may finish its streams
_POLL = 0.2  # seconds between two looks at the lease


async def serve(home: Path, slot: str) -> None:
    """Be the rack's control plane until another one is, or until told to end."""
    facts = rackfile.load(home)
    rackfile.mend(home)
    refuse_damaged(facts.database, home, facts.name)
    database = open_records(facts.database, home, slot)
    ending = _told_to_end()
    async with asyncio.TaskGroup() as tasks:
        rack = assemble(home, facts, slot, lease.take(database, holder=slot), tasks)
        rack.anchor.keep()
        listener = Listener(rack.application, home / "run" / f"rackd-{slot}.sock")
        async with listener:
            await rack.router.start()
            await rack.router.direct_api(str(listener.path))
            rack.resume()
            await _act_until(ending, rack)
            if not ending.is_set():
                _log.info("handed over; finishing what is open")
                await listener.drained(ending, rack.clock, limit=_LINGER)
        rack.anchor.keep()
    database.close()


async def _act_until(ending: asyncio.Event, rack: Rack) -> None:
    """Run every loop that changes something, until the lease is lost or ``ending`` is set."""
    try:
        async with asyncio.TaskGroup() as loops:
            runs: list[Run] = [*(loop.run for loop in rack.loops), partial(_watch, rack)]
            tasks = [
                loops.create_task(go_on(run, clock=rack.clock, narrate=rack.narrate))
                for run in runs
            ]
            await ending.wait()
            for task in tasks:
                task.cancel()
    except* LeaseLost as lost:
        _log.info("%s", lost.exceptions[0])


async def _watch(rack: Rack) -> None:
    """Fail with ``LeaseLost`` as soon as another has taken over."""
    while True:
        rack.lease.check()
        await rack.clock.sleep(_POLL)


def _told_to_end() -> asyncio.Event:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    return ending
