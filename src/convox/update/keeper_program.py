"""The keeper's own copy, which no slot holds, and how it is started.

A copy is a directory named for its content, so that a release that does not change the keeper does
not replace it.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

from convox.errors import HostError
from convox.host.processes import Pid, spawn_detached
from convox.update.keeper_client import KeeperClient

_SOURCE = Path(__file__).parents[1] / "keeper"
_ENTRY = "__main__.py"
_KEPT = ("HOME", "LANG", "PATH")
# How package registries are reached; builds of apps need it.
_REGISTRIES = ("UV_", "PIP_", "NPM_CONFIG_", "SSL_CERT_", "NODE_EXTRA_CA_CERTS")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def install(home: Path, *, source: Path = _SOURCE) -> Path:
    """Put this release's keeper below the rack's home and return its directory.

    The first one is the current one at once; a later one when the keeper replaces itself by it.
    """
    files = sorted(source.glob("*.py"))
    content = b"\0".join(file.name.encode() + b"\0" + file.read_bytes() for file in files)
    copy = home / "keeper" / hashlib.sha256(content).hexdigest()[:12]
    if not copy.exists():
        draft = copy.with_name(f".{copy.name}")
        shutil.rmtree(draft, ignore_errors=True)
        package = draft / "convox" / "keeper"
        package.mkdir(parents=True)
        for file in files:
            shutil.copy(file, package if file.name != _ENTRY else draft)
        draft.rename(copy)
    current = home / "keeper" / "current"
    if not current.is_symlink():
        current.symlink_to(copy.name)
    return copy


def start(home: Path) -> Pid:
    """Start the current keeper; it ends again at once where one watches already."""
    return spawn_detached(
        command(home), log=home / "logs" / "keeper.log", environment=environment()
    )


async def ensure(home: Path, keeper: KeeperClient) -> None:
    """Start the keeper unless one answers; where systemd does so too, one of the two ends."""
    try:
        await keeper.status()
    except HostError:
        start(home)


def command(home: Path) -> list[str]:
    """Return what runs the keeper: the machine's Python, which stays when a slot goes."""
    python = str(getattr(sys, "_base_executable", sys.executable))
    return [python, "-I", "-S", str(home / "keeper" / "current"), "--home", str(home)]


def prune(home: Path) -> None:
    """Remove the copies that are not the current one."""
    current = (home / "keeper" / "current").resolve()
    for copy in (home / "keeper").iterdir():
        if copy.is_dir() and not copy.is_symlink() and copy != current:
            shutil.rmtree(copy, ignore_errors=True)


def environment() -> dict[str, str]:
    """Return what a rack takes from the environment of whoever starts it.

    Without the virtual environment that they typed its command in: that may go, and the programs
    in it are no business of the apps.
    """
    taken = {
        key: value
        for key, value in os.environ.items()
        if key in _KEPT or key.upper() in _PROXIES or key.upper().startswith(_REGISTRIES)
    }
    own = str(Path(sys.prefix) / "bin")
    path = [place for place in taken.pop("PATH", "").split(":") if place not in ("", own)]
    return {**taken, "PATH": ":".join(path)} if path else taken
