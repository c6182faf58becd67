"""The command line: ``--home HOME``, and ``--check`` to show that this copy can run."""

import argparse
import fcntl
import os
import sys
from contextlib import suppress
from pathlib import Path

from convox.keeper import memory, processes
from convox.keeper.watch import Keeper


def main() -> int:
    """Watch a rack until told to stop; ends at once where another keeper does."""
    arguments = argparse.ArgumentParser(prog="keeper", description=__doc__)
    arguments.add_argument("--home", type=Path, required=True)
    arguments.add_argument("--check", action="store_true")
    given = arguments.parse_args()
    if given.check:
        memory.load(given.home / "keeper" / "slots.json")
        return 0
    with (given.home / "keeper" / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("keeper: another one watches this rack\n")
            return 0
        number = os.getpid()
        started = processes.started(number) or 0
        with suppress(OSError):
            memory.sign(given.home / "keeper" / "pid.json", number=number, started=started)
        Keeper(given.home, Path(sys.argv[0]).resolve()).run()
    return 0
