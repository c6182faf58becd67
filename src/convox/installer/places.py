"""Where the racks of this machine are."""

import os
import re
from pathlib import Path

from convox.errors import InvalidInput, NotFound

_NAME = re.compile(r"[a-z][a-z0-9-]{0,28}[a-z0-9]|[a-z]")
_LONGEST = 60  # characters of a home's path, since sockets lie below it (108 at most, unix(7))


def parent() -> Path:
    """Return the directory that has a directory for each rack."""
    chosen = os.environ.get("CONVOX_RACKS")
    if chosen:
        return Path(chosen).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/convox/racks")
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "convox" / "racks"


def check_name(name: str) -> str:
    """Return the name of a rack that it was given. Pure."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"cannot call a rack {name[:40]!r}: a name is up to 30 lower-case letters, digits and"
            " -, and begins with a letter"
        )
    return name


def home_of(name: str) -> Path:
    """Return where the rack of this name lives, or would."""
    check_name(name)
    home = parent() / name
    if len(str(home)) > _LONGEST:
        raise InvalidInput(
            f"cannot put a rack at {home}: the path is longer than {_LONGEST} characters, and"
            " sockets lie below it; set CONVOX_RACKS to a shorter one"
        )
    return home


def present(name: str) -> Path:
    """Return where the rack lives; ``NotFound`` where there is none of this name."""
    home = home_of(name)
    if not _is_rack(home):
        raise NotFound(f"cannot find rack {name}: there is none at {home}; {_known(home.parent)}")
    return home


def _known(directory: Path) -> str:
    names = sorted(home.name for home in directory.glob("*") if _is_rack(home))
    if names:
        return f"this machine has {', '.join(names)}"
    return "install one with `convox rack install local`"


def _is_rack(home: Path) -> bool:
    return any((home / name).exists() for name in ("rack.json", "rack.copy.json"))
