"""What several endpoints take."""

from convox.api.encoding import boolean, duration, integer, text
from convox.api.endpoint import Asked, Input, Place
from convox.control.logs import LogOptions
from convox.engine.engine import TerminalSize

_SINCE = Input(name="Since", place=Place.HEADER, parse=duration, summary="how far back, such as 2m")
_FOLLOW = Input(name="Follow", place=Place.HEADER, parse=boolean, summary="go on; true if absent")
_PREFIX = Input(name="Prefix", place=Place.HEADER, parse=boolean, summary="with time and stream")
_FILTER = Input(name="Filter", place=Place.HEADER, parse=text, summary="only lines that have this")
LOG_INPUTS = (_SINCE, _FOLLOW, _PREFIX, _FILTER)

_HEIGHT = Input(name="Height", place=Place.HEADER, parse=integer, summary="of the terminal, lines")
_WIDTH = Input(name="Width", place=Place.HEADER, parse=integer, summary="of the terminal, columns")
_TTY = Input(name="Tty", place=Place.HEADER, parse=boolean, summary="a terminal; true if absent")
TERMINAL_INPUTS = (_HEIGHT, _WIDTH, _TTY)

LIMIT = Input(name="limit", place=Place.QUERY, parse=integer, summary="how many; 10 if absent")
LIMIT_IF_ABSENT = 10

_DEFAULTS = LogOptions()
_LINES, _COLUMNS = 24, 80  # of a terminal that does not say


def log_options(asked: Asked) -> LogOptions:
    """Return which log lines are wanted."""
    since, follow = asked.get(_SINCE), asked.get(_FOLLOW)
    return LogOptions(
        since=_DEFAULTS.since if since is None else since,
        follows=follow is not False,
        is_prefixed=asked.get(_PREFIX) is True,
        containing=asked.get(_FILTER) or "",
    )


def terminal(asked: Asked) -> TerminalSize | None:
    """Return the person's terminal; ``None`` where they have none."""
    if asked.get(_TTY) is False:
        return None
    return TerminalSize(
        height=asked.get(_HEIGHT) or _LINES,
        width=asked.get(_WIDTH) or _COLUMNS,
    )


def limit(asked: Asked) -> int:
    """Return how many are wanted."""
    given = asked.get(LIMIT)
    return LIMIT_IF_ABSENT if given is None else given
