"""Processes of this machine that outlive the one that starts them."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from convox.host.users import credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Pid:
    """A process that a reused number cannot be mistaken for.

    ``started`` is the start time in clock ticks since boot, field 22 of ``/proc/PID/stat``
    (proc(5)).
    """

    number: int
    started: int


def identify(number: int) -> Pid | None:
    """Return the identity of a process that lives, ``None`` where there is none."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    return Pid(number=number, started=int(fields[19]))


def lives(pid: Pid) -> bool:
    """Say whether this very process still runs."""
    return identify(pid.number) == pid


def own() -> Pid:
    """Return the identity of this process."""
    pid = identify(os.getpid())
    if pid is None:
        raise RuntimeError("this process is not to be found in /proc")
    return pid


def started_at(pid: Pid) -> datetime:
    """Return when a process was started, by the wall clock as it is now (proc(5), stat, btime)."""
    lines = Path("/proc/stat").read_text().splitlines()
    boot = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    seconds = pid.started / os.sysconf("SC_CLK_TCK")
    return datetime.fromtimestamp(boot, UTC) + timedelta(seconds=seconds)


def send(pid: Pid, number: signal.Signals) -> None:
    """Signal this very process; nothing happens where it is gone."""
    if lives(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid.number, number)


def send_group(pid: Pid, number: signal.Signals) -> None:
    """Signal the process group that this very process leads."""
    if lives(pid):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid.number, number)


def spawn_detached(
    argv: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    user: str | int | None = None,
) -> Pid:
    """Start a program in a session of its own, its output appended to ``log``.

    A shell between the two exits at once, so that the program is nobody's child here: it outlives
    this process and is reaped by init. It leads its own process group.
    """
    script = 'setsid "$@" </dev/null >&2 & echo $!'
    with log.open("ab") as output:
        answer = subprocess.Popen(
            ["/bin/sh", "-c", script, "sh", *map(str, argv)],
            cwd=cwd,
            env=dict(environment) if environment is not None else None,
            **credentials(user),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
        )
    number, _ = answer.communicate()
    pid = identify(int(number))
    if pid is None:
        raise ProcessLookupError(f"cannot start {argv[0]}: it ended at once, see {log}")
    return pid


def find_in(directory: Path, number: int) -> Pid | None:
    """Return the process of that number if it works in that directory.

    So the number in a server's own pid file is told from one that somebody else has by now.
    """
    try:
        there = Path(f"/proc/{number}/cwd").readlink() == directory.resolve()
    except OSError:
        return None
    return identify(number) if there else None


def find_using(*words: str) -> Iterator[Pid]:
    """Yield those of the machine's processes that have these words, in a row, among their own."""
    wanted = b"\0".join(map(os.fsencode, words))
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            said = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        pid = identify(int(entry.name)) if b"\0" + wanted + b"\0" in said else None
        if pid is not None:
            yield pid


def find_running(commands: Collection[tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], Pid]]:
    """Yield those of our own processes whose arguments are one of these, with the arguments.

    The program's own name is not among its arguments.
    """
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            is_ours = entry.stat().st_uid == os.geteuid()
            arguments = tuple((entry / "cmdline").read_bytes().decode().split("\0")[1:-1])
        except (OSError, UnicodeDecodeError):
            continue
        pid = identify(int(entry.name)) if is_ours and arguments in commands else None
        if pid is not None:
            yield arguments, pid
