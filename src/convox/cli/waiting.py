"""Waiting for a rack or an app to come to rest, while it tells what it does."""

from collections.abc import Mapping
from typing import Self

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.client.errors import Answered, ClientError
from convox.client.stream import Stream

POLL = 0.5  # seconds between two looks
_LIMIT = 35 * 60.0  # seconds
_TIMEOUT = (
    f"timeout: it goes on after {_LIMIT / 60:g} minutes too; wait for it again, or see its log"
)
_SETTLED = 2  # looks in a row that must say the same
_ERRORS = 60.0  # seconds of errors in a row that are borne: the API itself moves in an update
_LAST_WORDS = 1.0  # seconds in which a log may still tell the cause


class Narration:
    """Prints what a rack or an app says of itself: the lines of its log from ``system/``.

    What was said before the command was typed is about something else, and left out. A log that
    breaks is opened again; lines that it then repeats are not printed again.
    """

    def __init__(self, call: Call, path: str) -> None:
        self._call, self._path = call, path
        self._stream: Stream | None = None
        self._told: set[bytes] = set()
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def show(self, seconds: float) -> None:
        """Print what is said in the next seconds."""
        machine = self._call.machine
        end = machine.monotonic() + seconds
        while (left := end - machine.monotonic()) > 0:
            try:
                self._listen(left)
            except ClientError:
                self._close()
                machine.sleep(left)

    def _listen(self, seconds: float) -> None:
        if self._stream is None:
            since = self._call.machine.monotonic() - self._call.begun
            headers = {"Prefix": "true", "Since": f"{since:.3f}s"}
            self._stream = self._call.rack.stream(self._path, headers)
        self._stream.wait(seconds)
        for piece in self._stream.take():
            *lines, self._rest = (self._rest + piece).split(b"\n")
            for line in lines:
                self._tell(line)
        if self._stream.ended:
            self._close()
            self._call.machine.sleep(min(1.0, seconds))

    def _tell(self, line: bytes) -> None:
        fields = line.split(b" ", 2)
        if len(fields) == 3 and fields[1].startswith(b"system/") and line not in self._told:
            self._told.add(line)
            self._call.out.meanwhile(line + b"\n")

    def _close(self) -> None:
        if self._stream:
            self._stream.__exit__()
        self._stream, self._rest = None, b""


def until_running(call: Call, path: str, *, gives_up_at: Mapping[str, str]) -> None:
    """Wait until what is at ``path`` runs.

    ``CommandError`` at a status that means it will not, with what is known of that.
    """
    machine = call.machine
    end, erring_until, settled = machine.monotonic() + _LIMIT, 0.0, 0
    with Narration(call, f"{path}/logs") as narration:
        while settled < _SETTLED:
            if machine.monotonic() > end:
                raise CommandError(_TIMEOUT)
            narration.show(POLL)
            try:
                status = call.rack.get(path)["status"]
            except ClientError:
                erring_until = erring_until or machine.monotonic() + _ERRORS
                if machine.monotonic() > erring_until:
                    raise
                continue
            erring_until = 0.0
            if status in gives_up_at:
                narration.show(_LAST_WORDS)
                raise CommandError(f"{status}: {gives_up_at[status]}")
            settled = settled + 1 if status == "running" else 0


def until_gone(call: Call, path: str) -> None:
    """Wait until there is nothing at ``path`` any more."""
    end = call.machine.monotonic() + _LIMIT
    while call.machine.monotonic() < end:
        try:
            call.rack.get(path)
        except Answered as error:
            if error.status == 404:
                return
            raise
        call.machine.sleep(POLL)
    raise CommandError(_TIMEOUT)


TAKEN_BACK = "the release did not become healthy and is taken back; `convox logs` has the cause"
APP_GIVES_UP = {"rollback": TAKEN_BACK, "failed": "`convox logs` has the cause"}
RACK_GIVES_UP = {"failed": "an update could not be undone; `convox rack logs` has the cause"}
