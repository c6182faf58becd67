"""What may strike a rack. Each strikes for real, and is over by itself or is taken away again."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.system.rack import Rack, until

from convox.testing.disk import SmallDisk
from convox.testing.traffic import Missed

_LASTS = 5.0  # seconds that a disk stays full, or records unwritable
_LATE = 0.5  # seconds in which a request may still reach what has just been killed
_IDLE = 2.0  # seconds after which all have noticed that their kept connection is closed
_UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
_SHIM = Path(__file__).with_name("clock_ahead.c")
_HOUR = 3600  # seconds


class Fault(StrEnum):
    """What happens at a step."""

    RACKD = "rackd killed"
    KEEPER = "keeper killed"
    AGENT = "agent killed"
    HAPROXY = "HAProxy killed"
    POWER = "power lost"
    DISK = "disk full"
    RECORDS = "records unwritable"
    REPLY = "reply lost"
    CLOCK = "clock jumps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """When requests may fail, in the machine's monotonic time; ``only_idle`` on what was idle."""

    began: float = float("inf")
    ended: float = float("-inf")
    only_idle: bool = False

    def excuses(self, missed: Missed) -> bool:
        """Say whether a request that failed was under way then."""
        is_then = missed.began <= self.ended and missed.ended >= self.began
        return is_then and (missed.idle or not self.only_idle)


Release = Callable[[], None]
"""Lets the update go on, which is held while the fault begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A rack whose home lies on ``disk``, and the file that says how far its clock is off."""

    rack: Rack
    disk: SmallDisk | None
    clock: Path

    def start_with_own_clock(self) -> None:
        """Start the rack anew as a reboot would, with a clock that can be moved."""
        self.clock.write_bytes(bytes(8))
        library = self.clock.with_suffix(".so")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, _SHIM], check=True)
        self.rack.stage.run("convox", "rack", "stop", self.rack.name)
        environment = {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(self.clock)}
        boot = ["/bin/sh", str(self.rack.home / "keeper" / "boot")]
        quiet = [(os.POSIX_SPAWN_OPEN, to, os.devnull, os.O_RDWR, 0) for to in range(3)]
        every = {**os.environ, **environment}
        os.posix_spawn(boot[0], boot, every, file_actions=quiet, setsid=True)
        until(lambda: self.rack.ask("/system"))


def can_move_clocks() -> bool:
    """Say whether this machine has what moves the clock of some programs alone."""
    return shutil.which("cc") is not None


def kill_rackd(place: Place, release: Release) -> Struck:
    """The keeper starts it again; apps do not notice."""
    place.rack.kill_control_plane()
    release()
    return Struck()


def kill_keeper(place: Place, release: Release) -> Struck:
    """``rackd`` starts it again."""
    os.kill(place.rack.keeper(), signal.SIGKILL)
    release()
    return Struck()


def kill_agent(place: Place, release: Release) -> Struck:
    """An instance dies with its processes: what is under way on these is lost."""
    hosted = _hosted(place.rack)
    victim = min(hosted, key=lambda each: (len(_only_there(hosted, each)), -hosted[each]["web"]))
    facts = place.rack.home / "instances" / victim / "agent.pid"
    began = time.monotonic()
    os.kill(int(json.loads(facts.read_text())["number"]), signal.SIGKILL)
    ended = time.monotonic() + _LATE
    release()
    if _only_there(hosted, victim):
        until(lambda: serves(place.rack))
        ended = max(ended, time.monotonic())
    return Struck(began=began, ended=ended)


def _hosted(rack: Rack) -> Mapping[str, Counter[str]]:
    """Count the processes of each service by their instance."""
    hosted: dict[str, Counter[str]] = {}
    for process, instance in rack.processes().items():
        hosted.setdefault(instance, Counter())[process.rpartition("-")[0]] += 1
    return hosted


def _only_there(hosted: Mapping[str, Counter[str]], instance: str) -> set[str]:
    """Return the services with an address that would lose every copy with an instance."""
    others = {service for each, found in hosted.items() if each != instance for service in found}
    return {"web", "solo"} & hosted[instance].keys() - others


def kill_haproxy(place: Place, release: Release) -> Struck:
    """Nobody answers until it runs again."""
    workers = json.loads((place.rack.home / "router" / "workers.json").read_text())
    began = time.monotonic()
    for worker in (workers["accepting"], *workers["finishing"]):
        with suppress(ProcessLookupError):
            os.kill(worker["number"], signal.SIGKILL)
    release()
    until(lambda: serves(place.rack))
    return Struck(began=began, ended=time.monotonic())


def lose_power(place: Place, release: Release) -> Struck:
    """Everything is gone at once, and the machine boots."""
    began = time.monotonic()
    while numbers := list(processes(place.rack.home)):
        for number in numbers:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
    release()
    place.rack.stage.run("convox", "rack", "start", place.rack.name)
    until(lambda: serves(place.rack))
    return Struck(began=began, ended=time.monotonic())


def fill_disk(place: Place, release: Release) -> Struck:
    """No byte can be written for a while."""
    assert place.disk is not None
    place.disk.fill()
    release()
    time.sleep(_LASTS)
    place.disk.free()
    return Struck()


def refuse_writes(place: Place, release: Release) -> Struck:
    """No control plane can write to a file for a while: neither to its records nor elsewhere."""
    numbers = place.rack.control_planes().values()
    for number in numbers:
        resource.prlimit(number, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    release()
    time.sleep(_LASTS)
    for number in processes(place.rack.home):
        with suppress(ProcessLookupError, PermissionError):
            resource.prlimit(number, resource.RLIMIT_FSIZE, _UNLIMITED)
    return Struck()


def move_clock(place: Place, release: Release) -> Struck:
    """The clock is put on by an hour, or back by one where it was on."""
    is_on = any(place.clock.read_bytes())
    began = time.monotonic()
    with place.clock.open("r+b") as stream:  # in place: others have it in their memory
        stream.write((0 if is_on else _HOUR).to_bytes(8, sys.byteorder))
    release()
    # HAProxy 2.6 may take the hour for time in which its clients were idle, and lets go of them.
    return Struck() if is_on else Struck(began=began, ended=began + _IDLE, only_idle=True)


def nothing(place: Place, release: Release) -> Struck:
    """The failpoint itself is what strikes."""
    return Struck()


STRIKES: Mapping[Fault, Callable[[Place, Release], Struck]] = {
    Fault.RACKD: kill_rackd,
    Fault.KEEPER: kill_keeper,
    Fault.AGENT: kill_agent,
    Fault.HAPROXY: kill_haproxy,
    Fault.POWER: lose_power,
    Fault.DISK: fill_disk,
    Fault.RECORDS: refuse_writes,
    Fault.REPLY: nothing,
    Fault.CLOCK: move_clock,
}


def serves(rack: Rack) -> bool:
    """Say whether every service of the app answers."""
    return all(page(rack, *asked) for asked in (("web", "/visits"), ("solo", "/")))


def page(rack: Rack, service: str, path: str) -> str:
    """Return a page of the app; empty where there is none."""
    connection = HTTPConnection("127.0.0.1", rack.ports["HttpPort"], timeout=5)
    try:
        connection.request("GET", path, headers={"Host": rack.host(service)})
        answer = connection.getresponse()
        return answer.read().decode() if answer.status == 200 else ""
    except (OSError, HTTPException):
        return ""
    finally:
        connection.close()


def processes(home: Path) -> Iterator[int]:
    """Yield the processes of a rack: what works in its home, or has it among its words."""
    named = os.fsencode(f"{home}/")
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes()
            where = os.fsencode(f"{(entry / 'cwd').readlink()}/")
            if where.startswith(named) or named in words.replace(b"\0", b"/"):
                yield int(entry.name)
