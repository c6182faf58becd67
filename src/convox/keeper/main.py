"""The command line: ``--home HOME``, and ``--check`` to show that this copy can run."""

import argparse
import fcntl
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from convox.keeper import memory, processes, traces
from convox.keeper.memory import Recalled
from convox.keeper.rebuilding import Untraceable, rebuilt
from convox.keeper.watch import Keeper


def main() -> int:
    """Watch a rack until told to stop; ends at once where another keeper does."""
    arguments = argparse.ArgumentParser(prog="keeper", description=__doc__)
    arguments.add_argument("--home", type=Path, required=True)
    arguments.add_argument("--check", action="store_true")
    given = arguments.parse_args()
    if given.check:
        _recall(given.home)
        return 0
    with _lock(given.home / "keeper" / "lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("keeper: another one watches this rack\n")
            return 0
        number = os.getpid()
        started = processes.started(number) or 0
        with suppress(OSError):
            memory.sign(given.home / "keeper" / "pid.json", number=number, started=started)
        Keeper(given.home, Path(sys.argv[0]).resolve(), _recall(given.home)).run()
    return 0


def _recall(home: Path) -> Recalled:
    try:
        return memory.recall(home / "keeper" / "slots.json", lambda: rebuilt(traces.gather(home)))
    except Untraceable as error:
        sys.exit(f"keeper: cannot watch {home}: its record is lost, and {error}; install it anew")


def _lock(path: Path) -> BinaryIO:
    """Open the lock, also where nothing can be written."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_CREAT, 0o644), "rb")
