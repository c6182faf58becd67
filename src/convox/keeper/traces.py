"""Gather what a rack has left on disk and running, for a record that was lost."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from convox.keeper import processes
from convox.keeper.rebuilding import Traces
from convox.keeper.record import Process

_SQLITE = "sqlite:///"


def gather(home: Path) -> Traces:
    """Look; whatever cannot be read is left out."""
    return Traces(
        built={python.parts[-3] for python in (home / "slots").glob("[!.]*/bin/python")},
        running=dict(_running(home)),
        directed=_directed(home / "run" / "api.sock"),
        committed=_committed(home / "rack.json"),
        now=time.monotonic(),
        boot=processes.boot(),
    )


def _running(home: Path) -> Iterator[tuple[str, Process]]:
    """Yield our own processes that were started as a slot's rackd."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            words = (entry / "cmdline").read_bytes().decode().split("\0")[:-1]
            is_ours = entry.stat().st_uid == os.geteuid()
            started = processes.started(int(entry.name))
            if is_ours and started and words[-6:-1] == _named(home):
                number = int(entry.name)
                yield words[-1], Process(number=number, started=started, since=time.monotonic())


def _named(home: Path) -> list[str]:
    return ["-m", "convox.rackd", "--home", str(home), "--slot"]


def _directed(link: Path) -> str:
    """Return the slot whose socket the API's link leads to: ``rackd-SLOT.sock``."""
    with suppress(OSError):
        return link.readlink().stem.removeprefix("rackd-")
    return ""


def _committed(rackfile: Path) -> str:
    """Return the version in the rack's records, where they are in a file."""
    try:
        import sqlite3
    except ImportError:  # Not every Python has it.
        return ""
    try:
        url = str(json.loads(rackfile.read_bytes())["database"])
        if not url.startswith(_SQLITE):
            return ""
        address = f"file:{url.removeprefix(_SQLITE)}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as database:
            query = "SELECT value FROM facts WHERE key = 'version'"
            return str(json.loads(database.execute(query).fetchone()[0]))
    except (OSError, ValueError, TypeError, KeyError, sqlite3.Error):
        return ""
