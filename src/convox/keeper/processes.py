"""Start the rackd of a slot, and notice its end, also when an earlier keeper started it."""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from convox.keeper.record import Process

# Runs its arguments once a line comes in. When the keeper dies before it has recorded the process,
# the pipe closes without one, and nothing has started that nobody knows of.
_WAIT = 'read -r go && exec "$@" </dev/null'


class Child:
    """A process that is there and does not run yet."""

    def __init__(self, argv: Sequence[str], log: Path) -> None:
        self._argv = argv
        self._go, self.number = _spawn(argv, log)

    def go(self) -> None:
        """Let it run."""
        with suppress(BrokenPipeError):
            os.write(self._go, b"\n")
        os.close(self._go)


def _spawn(argv: Sequence[str], log: Path) -> tuple[int, int]:
    wait, go = os.pipe()
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        number = os.posix_spawn(
            "/bin/sh",
            ["sh", "-c", _WAIT, "sh", *argv],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, fd, to) for fd, to in ((wait, 0), (output, 1), (output, 2))
            ],
            setsid=True,
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
        )
    except BaseException:
        os.close(go)
        raise
    finally:
        os.close(wait)
        os.close(output)
    return go, number


def send(process: Process, number: signal.Signals) -> None:
    """Signal this very process; nothing happens where it is gone."""
    if started(process.number) == process.started:
        with suppress(ProcessLookupError):
            os.kill(process.number, number)


def started(number: int) -> int | None:
    """Return when a process started, in ticks since boot; ``None`` where it has ended."""
    try:
        stat = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def watch(process: Process) -> int | None:
    """Return a descriptor that can be read when the process ends; ``None`` where it has."""
    try:
        descriptor = os.pidfd_open(process.number)
    except OSError:
        return None
    if started(process.number) == process.started:
        return descriptor
    os.close(descriptor)
    return None


def sweep(process: Process) -> None:
    """End what a process that has just ended leaves behind in its group."""
    with suppress(OSError):
        os.killpg(process.number, signal.SIGKILL)


def reap(process: Process) -> str:
    """Return how a process has ended, as far as that can be known of one we did not start."""
    try:
        _, status = os.waitpid(process.number, os.WNOHANG)
    except ChildProcessError:
        return "ended"
    code = os.waitstatus_to_exitcode(status)
    return f"ended with status {code}" if code >= 0 else f"was ended by signal {-code}"


def boot() -> str:
    """Return what tells this boot of the machine from every other."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
