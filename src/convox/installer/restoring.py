"""Go back to a copy of a rack's records, where the records themselves are damaged.

What serves is left alone: apps go on, and the control plane comes back to them.
"""

import shutil
from pathlib import Path

from convox.errors import NotFound, Refused
from convox.host.clock import SystemClock
from convox.host.files import sync_directory, sync_file
from convox.installer import boot, lifecycle, own_version
from convox.installer.keeper_record import keeper_record
from convox.installer.progress import say, step
from convox.installer.waiting import STARTED, wait_until
from convox.state import rackfile
from convox.state.soundness import damage, file_of, newest_sound
from convox.update.keeper_client import KeeperClient

_BESIDE = ("", "-wal", "-shm")  # what a SQLite database consists of


async def restore(home: Path, wanted: str | None, *, force: bool) -> None:
    """Put a snapshot in the place of the records, and these aside; then start the rack."""
    facts = rackfile.load(home)
    records = _records(facts.database)
    found = damage(records)
    if not found and not force:
        raise Refused(
            f"cannot restore the rack's records: {records} is sound; --force goes back all the same"
        )
    copy = _choose(home / "snapshots", wanted)
    with step("Stopping the control plane; apps go on"):
        await lifecycle.stop_control_plane(home)
    with step(f"Restoring {copy.name}") as add:
        aside = _set_aside(records)
        _place(copy, records)
        await _settle(home, copy.name)
        add(f"what was there is in {aside}")
    with step(f"Starting {facts.name}") as add:
        await boot.start_keeper(facts.name, home)
        add(await wait_until(home, STARTED))
        keeper = KeeperClient(socket=home / "run" / "keeper.sock")
        await keeper.commit((await keeper.status()).current)
    say("Whatever was changed after the copy was made has to be done again")


def _records(url: str) -> Path:
    records = file_of(url)
    if records is None:
        raise Refused(
            "cannot restore the rack's records: PostgreSQL has them; restore them with its tools"
        )
    return records


def _choose(snapshots: Path, wanted: str | None) -> Path:
    if wanted is None:
        newest = newest_sound(snapshots)
        if newest is None:
            raise NotFound(
                f"cannot restore the rack's records: no copy below {snapshots} is sound; install"
                " the rack anew"
            )
        return newest
    copy = snapshots / Path(wanted).name
    found = damage(copy)
    if found:
        raise NotFound(f"cannot restore {copy}: {found}; `ls {snapshots}` shows the others")
    return copy


def _set_aside(records: Path) -> Path:
    """Keep what was there, under the time, for whoever can still read something from it."""
    aside = records.parent / f"damaged-{SystemClock().now():%Y%m%d%H%M%S}"
    aside.mkdir(mode=0o700)
    for suffix in _BESIDE:
        part = records.with_name(records.name + suffix)
        if part.exists():
            part.rename(aside / part.name)
    return aside


def _place(copy: Path, records: Path) -> None:
    draft = records.with_name(f".{records.name}.draft")
    shutil.copyfile(copy, draft)
    draft.chmod(0o600)
    sync_file(draft)
    draft.rename(records)
    sync_directory(records.parent)


async def _settle(home: Path, copy: str) -> None:
    """Let the version that the keeper starts make the records its own."""
    version = str(keeper_record(home).get("current", ""))
    which = ("--home", home, "--version", version, "--snapshot", copy)
    await own_version.run(own_version.python_of(home), "settle", *which)
