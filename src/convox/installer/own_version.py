"""Have a rack's own version do what touches the rack's records."""

import sys
from pathlib import Path

from convox.errors import HostError
from convox.host import commands
from convox.installer.keeper_record import keeper_record

ERROR = "ERROR: "
"""What stands before an error that is told to a person."""


async def run(python: Path, *words: str | Path) -> None:
    """Run this package's command out of a slot, whatever version that is."""
    result = await commands.run([python, "-I", "-m", "convox.installer", *words])
    if result.status != 0:
        _, marked, said = result.output.strip().rpartition(ERROR)
        raise HostError(said if marked else f"cannot {words[0]} the rack: {said}")


def python_of(home: Path) -> Path:
    """Return the interpreter of the slot that the rack runs, or our own where it has none."""
    python = home / "slots" / str(keeper_record(home).get("current")) / "bin" / "python"
    return python if python.exists() else Path(sys.executable)
