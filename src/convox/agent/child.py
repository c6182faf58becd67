"""A program as a child of the agent: started, signalled, and gone with all it started."""

import asyncio
import contextlib
import fcntl
import os
import signal
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from convox.agent import kernel
from convox.agent.account import Account
from convox.agent.reaper import Reaper

_UMASK = 0o022


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What is executed."""

    command: Sequence[str]
    directory: str
    environment: Mapping[str, str]
    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A program that runs, as the leader of a session and a process group of its own.

    ``ended`` holds its exit code once there is one.
    """

    pid: int
    ended: asyncio.Future[int]

    def signal(self, number: signal.Signals) -> None:
        """Signal every member of its group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def end(self) -> None:
        """Kill it where it has not ended; its number is nobody else's until then."""
        if not self.ended.done():
            self.signal(signal.SIGKILL)

    def lives(self) -> bool:
        """Say whether it, or anything else in its group, still runs."""
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: Sequence[int]


def spawn(program: Program, reaper: Reaper, *, stdin: int, output: int) -> Child:
    """Start a program that writes everything to ``output``; ``OSError`` where that cannot be."""
    agent = os.getpid()
    return _start(program, reaper, stdin, output, lambda: kernel.die_with(agent))


def spawn_on_terminal(program: Program, reaper: Reaper, *, terminal: int) -> Child:
    """Start a program on a terminal that it controls."""
    agent = os.getpid()

    def prepare() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        kernel.die_with(agent)

    return _start(program, reaper, terminal, terminal, prepare)


def _start(
    program: Program, reaper: Reaper, stdin: int, output: int, prepare: Callable[[], None]
) -> Child:
    try:
        started = _popen(program, stdin, output, prepare)
    except subprocess.SubprocessError as error:
        raise OSError(f"the kernel refused: {error}") from error
    # The reaper waits for it; subprocess must not.
    started.returncode = 0
    return Child(pid=started.pid, ended=reaper.expect(started.pid))


def _popen(
    program: Program, stdin: int, output: int, prepare: Callable[[], None]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        program.command,
        stdin=stdin,
        stdout=output,
        stderr=output,
        cwd=program.directory,
        env=program.environment,
        start_new_session=True,
        umask=_UMASK,
        preexec_fn=prepare,  # noqa: PLW1509 - the agent has one thread
        **_identity(program.account),
    )


def _identity(account: Account) -> _Identity:
    if not account.is_other:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": account.groups}
