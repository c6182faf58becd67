"""What lets the programs of an app find each other."""

import os
from collections.abc import Mapping
from pathlib import Path

from convox.host.users import credentials

_SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def system_path(user: str | None) -> str:
    """Return where the machine's programs are: for another user, who may not enter ours, fixed."""
    return _SYSTEM if credentials(user) else os.environ.get("PATH", _SYSTEM)


def process_environment(directory: Path, *, user: str | None) -> Mapping[str, str]:
    """Return what a process that starts in ``directory`` of a slug needs to find its own first."""
    own = f"{directory}/.venv/bin:{directory}/node_modules/.bin"
    return {
        "PATH": f"{own}:{system_path(user)}",
        "PYTHONUNBUFFERED": "1",  # a log line is seen when it is written
        **({"VIRTUAL_ENV": f"{directory}/.venv"} if (directory / ".venv").is_dir() else {}),
    }
