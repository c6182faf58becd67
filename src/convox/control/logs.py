"""Logs of apps and of the rack, as a person asked for them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from convox.control import lookup
from convox.control.build_log import plain
from convox.control.rack_log import RackLog
from convox.engine.engine import Engine
from convox.host.clock import Clock
from convox.state.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """Which lines are wanted, and how.

    ``containing`` is a text that they have. Lines start with their time and stream where
    ``is_prefixed``.
    """

    since: timedelta = timedelta(minutes=2)
    follows: bool = True
    is_prefixed: bool = False
    containing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """What was said and is being said."""

    database: Database
    engine: Engine
    rack_log: RackLog
    clock: Clock

    def app(self, app: str, options: LogOptions) -> AsyncIterator[bytes]:
        """Yield an app's lines: of its processes, and of what the rack does with it."""
        with self.database.begin() as connection:
            lookup.app(connection, app)
        since = self.clock.now() - options.since
        return _wanted(self.engine.logs(app, since=since, follow=options.follows), options)

    def rack(self, options: LogOptions) -> AsyncIterator[bytes]:
        """Yield the rack's own lines."""
        since = self.clock.now() - options.since
        return _wanted(self.rack_log.lines(since=since, follow_on=options.follows), options)


async def _wanted(lines: AsyncIterator[str], options: LogOptions) -> AsyncIterator[bytes]:
    async for line in lines:
        text = plain(line)
        if options.containing in text:
            yield (text if options.is_prefixed else _message(text)).encode(errors="replace") + b"\n"


def _message(line: str) -> str:
    """Return a line without its time and stream."""
    return line.split(" ", 2)[-1]
