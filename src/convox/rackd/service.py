"""Take over, act, and hand over when another control plane comes."""

import asyncio
import logging
import signal
from pathlib import Path

from convox.rackd.acting import act_until, until_wanted
from convox.rackd.assembly import assemble
from convox.rackd.listener import Listener
from convox.rackd.records import open_records
from convox.state import lease, rackfile
from convox.state.soundness import refuse_damaged
from convox.update.racing import unless

_log = logging.getLogger(__name__)
_LINGER = 3600.0  # seconds in which a control plane that handed over may finish its streams


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
            await act_until(
                ending, rack.loops, lease=rack.lease, clock=rack.clock, narrate=rack.narrate
            )
            if not ending.is_set():
                _log.info("handed over; finishing what is open")
                finishing = listener.drained(ending, rack.clock, limit=_LINGER)
                await unless(until_wanted(rack.keeper, slot, rack.clock), finishing)
        rack.anchor.keep()
    database.close()


def _told_to_end() -> asyncio.Event:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    return ending
