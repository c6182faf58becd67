"""Why this machine cannot take a rack, before anything is changed."""

import errno
import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from convox.errors import HostError, Taken
from convox.host.listeners import listener
from convox.host.ports import bind_error
from convox.installer.settings import Settings

_SYSTEM_PATH = f"{os.defpath}:/usr/local/sbin:/usr/sbin:/sbin"


def check(settings: Settings, home: Path) -> None:
    """Fail with all that speaks against the rack."""
    if home.exists():
        raise Taken(
            f"cannot install rack {settings.name}: there is one at {home}; choose another name, or"
            f" remove it with `convox rack uninstall local {settings.name}`"
        )
    objections = list(_objections(settings, home))
    if objections:
        raise HostError(f"cannot install rack {settings.name}: {'; '.join(objections)}")


def _objections(settings: Settings, home: Path) -> Iterator[str]:
    for key, port in settings.ports.items():
        error = bind_error(settings.listen, port)
        if error is not None:
            yield _explain(error, key, port, settings.listen)
    if shutil.which("haproxy") is None and shutil.which("haproxy", path=_SYSTEM_PATH) is None:
        yield "haproxy is not installed; apt-get install haproxy"
    if settings.app_user:
        yield from _objections_to_user(settings.app_user, home)


def _explain(error: OSError, key: str, port: int, address: str) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            holder = listener(port) or "another program"
            return f"port {port} is used by {holder}; choose another with {key}=PORT"
        case errno.EACCES:
            return f"port {port} is for root alone; choose one above 1023 with {key}=PORT"
        case errno.EADDRNOTAVAIL:
            return f"{address} is no address of this machine; choose one with Listen=ADDRESS"
    return f"port {port} cannot be used: {error}"


def _objections_to_user(user: str, home: Path) -> Iterator[str]:
    if any(entry.pw_name == user and entry.pw_uid == 0 for entry in pwd.getpwall()):
        yield "AppUser may not be root: nothing of an app runs as root"
    for directory in home.parents:
        if directory.exists() and not directory.stat().st_mode & stat.S_IXOTH:
            yield (
                f"apps run as {user}, who cannot pass {directory}; chmod o+x it, or set"
                " CONVOX_RACKS to another directory"
            )
