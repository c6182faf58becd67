"""Look at the machine."""

import ctypes
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from convox.errors import HostError
from convox.host import capacity, commands
from convox.host.listeners import listener
from convox.host.room import objection
from convox.installer.doctor.facts import Machine, Mode, Port
from convox.installer.layout import OWN, PASSABLE
from convox.rackd.ground import base_python
from convox.router.haproxy_workers import find_haproxy
from convox.state.rackfile import RackFile

_UNSYNCHRONISED = 5  # adjtimex(2), TIME_ERROR
_TIMEX = 256  # bytes, more than the structure has
_VERSION = re.compile(r"\d+\.\d+[\w.-]*")


async def machine(home: Path) -> Machine:
    """Return what the machine has left, and which programs it has."""
    disk = os.statvfs(home)
    return Machine(
        free=disk.f_bavail * disk.f_frsize,
        size=disk.f_blocks * disk.f_frsize,
        inodes_free=disk.f_favail,
        inodes=disk.f_files,
        unwritable=objection(home),
        memory_free=capacity.free_memory(),
        memory=capacity.memory(),
        python=await _version(base_python(), "-V"),
        haproxy=await _haproxy(),
        synchronised=_synchronised(),
        asks_as=os.geteuid(),
    )


def ports(facts: RackFile, own: set[int]) -> Iterator[Port]:
    """Yield the ports of the router; ``own`` are its processes."""
    for key, number in (
        ("HttpPort", facts.http_port),
        ("HttpsPort", facts.https_port),
        ("ApiPort", facts.api_port),
    ):
        holder = listener(number) or ""
        process = holder.rpartition(" ")[2]
        yield Port(key=key, number=number, holder=holder, is_ours=process in map(str, own))


def modes(home: Path) -> Iterator[Mode]:
    """Yield the parts of the home with their permissions."""
    for name, expected in (
        ("", 0o711),
        *((name, 0o700) for name in OWN),
        *((name, 0o711) for name in PASSABLE),
        ("rack.json", 0o600),
    ):
        path = home / name
        if path.exists():
            found = path.stat()
            mode = stat.S_IMODE(found.st_mode)
            yield Mode(path=path, owner=found.st_uid, mode=mode, expected=expected)


async def _haproxy() -> str:
    try:
        return await _version(find_haproxy(), "-v")
    except HostError:
        return ""


async def _version(program: Path, option: str) -> str:
    if shutil.which(program) is None:
        return ""
    said = await commands.run([program, option])
    found = _VERSION.search(said.output)
    return found[0] if found and said.status == 0 else ""


def _synchronised() -> bool | None:
    """Ask the kernel whether something keeps its clock right (adjtimex(2), modes 0: only asks)."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _UNSYNCHRONISED
