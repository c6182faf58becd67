"""Replace this program by another copy, without letting go of the processes it keeps."""

import os
import subprocess
import sys
from pathlib import Path

from convox.keeper.record import Refusal

_PATIENCE = 10.0  # seconds for a copy to show that it can run


def check(successor: Path, home: Path) -> None:
    """Refuse a copy that cannot run here, or cannot read what this keeper remembers."""
    try:
        subprocess.run(
            [*_command(successor, home), "--check"],
            check=True,
            capture_output=True,
            timeout=_PATIENCE,
        )
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise Refusal(f"cannot replace the keeper by {successor}: {last}") from error
    except subprocess.TimeoutExpired as error:
        raise Refusal(f"cannot replace the keeper by {successor}: it hangs") from error


def appoint(successor: Path, home: Path) -> None:
    """Have the other copy started from now on, whoever starts the keeper."""
    current = home / "keeper" / "current"
    draft = current.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    draft.symlink_to(successor.name)
    draft.replace(current)


def become(successor: Path, home: Path) -> None:
    """Go on as the other copy; returns only by failing with ``OSError``."""
    command = _command(successor, home)
    os.execv(command[0], command)  # noqa: S606 - a shell has no part in this


def _command(copy: Path, home: Path) -> list[str]:
    return [sys.executable, "-I", "-S", str(copy), "--home", str(home)]
