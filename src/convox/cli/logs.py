"""``convox logs``: the lines of a log, as they are."""

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.client.errors import Answered

# Convox clients lose the text of a refused handshake, so a rack accepts it and then says no within;
# every line of a log begins with its time.
_REFUSED = b"ERROR: "


def show(call: Call) -> None:
    copy_log(call, call.of_app("logs"))


def copy_log(call: Call, path: str) -> None:
    """Print a log until it ends, or for as long as it is followed."""
    headers = {"Prefix": "true"}
    if call.flag("no-follow"):
        headers["Follow"] = "false"
    if call.flag("since"):
        headers["Since"] = call.flag("since")
    if call.flag("filter"):
        headers["Filter"] = call.flag("filter")
    try:
        stream = call.rack.stream(path, headers)
    except Answered as error:
        raise CommandError(str(error)) from error
    with stream:
        for piece in stream.pieces():
            if piece.startswith(_REFUSED):
                raise CommandError(piece.removeprefix(_REFUSED).decode(errors="replace").strip())
            call.out.raw(piece)
