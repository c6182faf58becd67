"""Start, stop and remove the rack of this machine, also when its control plane is dead."""

import signal
from collections.abc import Iterator
from pathlib import Path

from convox.control.own_processes import find_keeper
from convox.errors import HostError
from convox.host.clock import SystemClock
from convox.host.processes import Pid, lives, send
from convox.installer import boot, own_version
from convox.installer.keeper_record import control_planes
from convox.installer.layout import clear_away, is_going
from convox.installer.progress import say, step
from convox.installer.waiting import STARTED, wait_until
from convox.state import rackfile
from convox.update.keeper_client import KeeperClient

_END = 30.0  # seconds for a keeper with its control planes to end, and then for each alone
_POLL = 0.1  # seconds


async def start(home: Path) -> None:
    """Start the rack and wait until it answers; one that runs is left alone."""
    name = rackfile.load(home).name
    if is_going(home):
        raise HostError(
            f"cannot start {name}: its removal was cut off;"
            f" go on with it: `convox rack uninstall local {name}`"
        )
    with step(f"Starting {name}") as add:
        await boot.start_keeper(name, home)
        add(await wait_until(home, STARTED))


async def stop(home: Path) -> None:
    """Stop the whole rack in order: what decides first, then what serves, then what is used."""
    with step(f"Stopping {rackfile.load(home).name}"):
        await stop_control_plane(home)
        await own_version.run(own_version.python_of(home), "halt", "--home", home)


async def uninstall(home: Path) -> None:
    """Stop the rack and remove all that it has on this machine."""
    facts = rackfile.load(home)
    await boot.disarrange(facts.name)
    if not is_going(home):
        await stop(home)
    with step(f"Removing {home}"):
        clear_away(home)
    if not facts.database.startswith("sqlite:"):
        say("Its records stay in the PostgreSQL database that it was given")


def contents(home: Path) -> Iterator[str]:
    """Yield what a person loses with the rack, a line each."""
    for app in sorted((home / "slugs").glob("*")):
        yield f"app {app.name}"
    for resource in sorted((home / "resources").glob("*/*")):
        yield f"resource {resource.parent.name}/{resource.name} and its data"
    yield f"rack {rackfile.load(home).name} at {home}"


async def stop_control_plane(home: Path) -> None:
    """Ask the keeper to end with its control planes, and end whoever does not."""
    keeper = find_keeper(home)
    try:
        await KeeperClient(socket=home / "run" / "keeper.sock").stop()
        answers = True
    except HostError:
        answers = False
    if keeper is not None and not (answers and await _has_ended(keeper)):
        send(keeper, signal.SIGKILL)
    for left in control_planes(home).values():
        send(left, signal.SIGTERM)
        if not await _has_ended(left):
            send(left, signal.SIGKILL)


async def _has_ended(pid: Pid) -> bool:
    clock = SystemClock()
    end = clock.monotonic() + _END
    while lives(pid):
        if clock.monotonic() > end:
            return False
        await clock.sleep(_POLL)
    return True
