"""Find and kill what processes have started and not waited for.

A process leads a session; what it starts belongs to that session, or, where it has left it, still
carries its HOME in the environment it was started with. The sessions of an instance are noted in
its directory, one file each, so that they can be found when the agent was killed.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

_ROUND = 0.01  # seconds, the time the kernel has to carry a kill out
_ROUNDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session since its leader was started: a number may come again, that moment will not."""

    leader: int
    started: int
    """In clock ticks since boot, field 22 of ``/proc/PID/stat`` (proc(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What the processes looked for have in common: a session, or a HOME below a directory."""

    sessions: AbstractSet[Session]
    home: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    pid: int
    state: str
    session: int
    started: int


async def end(mark: Mark) -> None:
    """Kill until nothing is left: what is being killed may yet start another."""
    for _ in range(_ROUNDS):
        found = members(mark)
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return
        await asyncio.sleep(_ROUND)


def members(mark: Mark) -> list[int]:
    """Return the processes of the machine that bear the mark."""
    leaders = {session.leader: session.started for session in mark.sessions}
    own = os.getpid()
    return [
        seen.pid
        for seen in _all_processes()
        if seen.pid != own
        and seen.state not in "ZX"
        and (
            leaders.get(seen.session, seen.started + 1) <= seen.started
            or (mark.home is not None and _has_home(seen.pid, mark.home))
        )
    ]


def note(directory: str, leader: int) -> Session | None:
    """Note a session that begins; ``None`` where its leader has ended already."""
    seen = _look(str(leader))
    if seen is None:
        return None
    session = Session(leader=leader, started=seen.started)
    with contextlib.suppress(OSError):
        (Path(directory) / _name(session)).touch()
    return session


def forget(directory: str, session: Session) -> None:
    """Forget a session that has ended."""
    with contextlib.suppress(OSError):
        (Path(directory) / _name(session)).unlink()


def noted(directory: str) -> set[Session]:
    """Return the sessions that were noted since the machine booted."""
    boot = _boot()
    found = set()
    for path in Path(directory).glob(f"*@{boot}"):
        leader, started = path.name.partition("@")[0].split("-")
        found.add(Session(leader=int(leader), started=int(started)))
    return found


def _name(session: Session) -> str:
    return f"{session.leader}-{session.started}@{_boot()}"


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _all_processes() -> Iterator[_Seen]:
    for name in os.listdir("/proc"):  # noqa: PTH208 - names, thousands of them
        if name.isdigit() and (seen := _look(name)):
            yield seen


def _look(pid: str) -> _Seen | None:
    try:
        with open(f"/proc/{pid}/stat") as stream:  # noqa: PTH123 - the same
            stat = stream.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return _Seen(pid=int(pid), state=fields[0], session=int(fields[3]), started=int(fields[19]))


def _has_home(pid: int, home: str) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as stream:  # noqa: PTH123 - the same
            variables = stream.read().split(b"\0")
    except OSError:
        return False
    start = b"HOME=" + os.fsencode(home) + b"/"
    return any(variable.startswith(start) for variable in variables)
