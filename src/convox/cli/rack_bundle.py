"""``convox rack update --bundle``: bring a piece of the feed to a rack that cannot reach it."""

import io
from typing import Any

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.output import Output

_MB = 1_000_000


def bring(call: Call) -> Any:
    """Upload the bundle that was named, if one was; return what the rack says of it."""
    given = call.flag("bundle")
    if not given:
        return None
    path = call.machine.path(given)
    call.out.start("Uploading bundle")
    try:
        stream = _Watched(path, call.out)
    except FileNotFoundError as error:
        raise CommandError(f"cannot read {path}: there is no such file") from error
    except OSError as error:
        raise CommandError(
            f"cannot read {path}: {error.strerror}; name a file that `convox-feed bundle` made"
        ) from error
    with stream:
        taken = call.rack.upload("/system/update/bundle", stream)
    call.out.ok(f"it leads to {taken['target']}, and is good until {taken['until']}")
    return taken


class _Watched(io.FileIO):
    """A file that says how much of it has been read."""

    def __init__(self, path: str, out: Output) -> None:
        super().__init__(path)
        self._out = out
        self._size = self.seek(0, io.SEEK_END)

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self._out.live(f"{self.tell() / _MB:,.1f} of {self._size / _MB:,.1f} MB")
        return found
