"""What the tables of commands are made of."""

from typing import NamedTuple

from convox.cli.grammar import Flag


class Command(NamedTuple):
    """One command. ``place`` is ``module:function`` of this package.

    ``more`` is a place, too: of what its help says beyond this table.
    """

    place: str
    text: str
    usage: str = ""
    least: int = 0
    most: int | None = 0
    flags: tuple[Flag, ...] = ()
    more: str = ""


HELP = Flag("help", "show this", "h", "switch")
RACK = Flag("rack", "name of the rack", "r")
APP = Flag("app", "name of the app", "a")
WAIT = Flag("wait", "wait until it is done", "w", "switch")
JSON = Flag("json", "print JSON", "", "switch")
ID = Flag("id", "print nothing but the id, and progress to stderr", "", "switch")
FORCE = Flag("force", "do not ask", "f", "switch")
LEGACY = Flag("legacy", "address of an unsigned versions.json to show instead")
LIMIT = Flag("limit", "how many to list", "l", "number")
PROMOTE = Flag("promote", "promote the new release", "p", "switch")
COUNT = Flag("count", "how many", "c", "number")
RELEASE = Flag("release", "id of the release")
YES = Flag("yes", "also where there is no way back", "y", "switch")
LOGS = (
    Flag("filter", "only lines with this text"),
    Flag("since", "from how long ago on, as 20m", "", "duration"),
    Flag("no-follow", "end with what there is now", "", "switch"),
)
