"""How a program's end is told, and when it is started again. Pure."""

import signal

_FIRST = 0.5  # seconds
_LONGEST = 20.0  # seconds
_SETTLED = 30.0  # seconds up, after which earlier ends are forgotten
_NOT_RUN = 127  # a shell's status for a program that cannot be found


def next_delay(previous: float | None, *, up: float) -> float:
    """Return how long to wait before the next start, for a program that was ``up`` seconds."""
    if previous is None or up >= _SETTLED:
        return _FIRST
    return min(previous * 2, _LONGEST)


def shell_status(code: int) -> int:
    """Return an exit code as a shell gives it: 128 and the number for a signal."""
    return code if code >= 0 else 128 - code


def describe_end(code: int, last_line: str) -> str:
    """Say how a program ended, with the last it had to say."""
    how = f"exited with status {code}" if code >= 0 else f"was killed by {_signal_name(-code)}"
    return f"{how}: {last_line}" if last_line else how


def describe_refusal(program: str, error: OSError) -> tuple[int, str]:
    """Return the status and the reason for a program that could not even be started."""
    reason = error.strerror or str(error)
    if error.filename in {None, program}:
        return _NOT_RUN, f"cannot run {program}: {reason}"
    return _NOT_RUN, f"cannot enter {error.filename}: {reason}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
