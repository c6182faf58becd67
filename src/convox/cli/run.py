"""``convox run|exec``: a command in an app, joined to this terminal."""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.machine import is_terminal
from convox.client.errors import ClientError, Unreachable
from convox.client.stream import Stream

_STATUS = b"F1E49A85-0AD7-4AEF-A618-C249C6E6568D:"  # of Convox: the exit status follows
_PIECE = 16384  # bytes that are sent in one frame
_BACKLOG = 262144  # bytes that may wait to be sent before more is read
_PAUSE = 5.0  # seconds
_LIFE = 3600  # seconds that a process waits for its command, and may run
_POLL, _BOOT = 0.25, 300.0  # seconds


def execute(call: Call) -> int:
    process, *words = call.arguments
    return _attach(call, process, " ".join(words), {})


def run(call: Call) -> int:
    service, *words = call.arguments
    command = " ".join(words)
    if call.flag("detach"):
        call.out.start("Running detached process")
        call.out.ok(_start(call, service, command))
        return 0
    process = _start(call, service, f"sleep {call.flag('timeout') or _LIFE}")
    try:
        _await_running(call, process)
        entrypoint = call.flag("entrypoint") is not False
        return _attach(call, process, command, {"Entrypoint": str(entrypoint).lower()})
    finally:
        with contextlib.suppress(ClientError):  # it may have ended by itself
            call.rack.delete(call.of_app("processes", process))


def _start(call: Call, service: str, command: str) -> str:
    headers = {"Command": command, **_size(call)}
    if call.flag("release"):
        headers["Release"] = call.flag("release")
    path = call.of_app("services", service, "processes")
    return str(call.rack.start(path, headers)["id"])


def _await_running(call: Call, process: str) -> None:
    end = call.machine.monotonic() + _BOOT
    while call.rack.get(call.of_app("processes", process)).get("status") != "running":
        if call.machine.monotonic() > end:
            raise CommandError(
                f"timeout: {process} does not run after {_BOOT:g} s; `convox logs` may say why"
            )
        call.machine.sleep(_POLL)


def _attach(call: Call, process: str, command: str, options: Mapping[str, str]) -> int:
    """Join this terminal to a command in a process; return the command's exit status."""
    stdin = call.machine.stdin
    headers = {"Command": command, **options, **_size(call)}
    if not is_terminal(stdin):
        headers["Tty"] = "false"
    path = call.of_app("processes", process, "exec")
    with call.rack.stream(path, headers) as stream, _raw_terminal(call):
        return _pump(stream, stdin.fileno(), call.out.raw)


def _pump(stream: Stream, source: int, write: Callable[[bytes], None]) -> int:
    status, sources = None, [source]
    while True:
        ready = stream.wait(_PAUSE, *(sources if stream.backlog < _BACKLOG else ()))
        for piece in stream.take():
            text, mark, rest = piece.partition(_STATUS)
            write(text)
            status = _status(rest) if mark else status
        if stream.ended:
            break
        if ready and not _forward(stream, source):
            sources = []
    if status is None and stream.cut:
        raise Unreachable("the connection broke before the command ended")
    return status or 0


def _forward(stream: Stream, source: int) -> bool:
    """Send what there is to read; say whether there may be more."""
    data = os.read(source, _PIECE)
    if data:
        stream.send(data)
    else:
        stream.finish()
    return bool(data)


def _status(text: bytes) -> int:
    try:
        return int(text) & 0xFF
    except ValueError as error:
        raise CommandError("unable to read exit code") from error


def _size(call: Call) -> dict[str, str]:
    if not is_terminal(call.machine.stdout):
        return {}
    size = os.get_terminal_size(call.machine.stdout.fileno())
    return {"Height": str(size.lines), "Width": str(size.columns)}


@contextlib.contextmanager
def _raw_terminal(call: Call) -> Iterator[None]:
    """Pass each key on as it is pressed, where a person types."""
    if not is_terminal(call.machine.stdin):
        yield
        return
    import termios
    import tty

    keyboard = call.machine.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    tty.setraw(keyboard)
    try:
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
