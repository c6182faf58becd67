"""Ask the feed, now and then, and keep what it said last."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from convox.control.automatic.outlook import FeedState, Trouble
from convox.control.automatic.policy import INTERVAL, Policy, parse_interval
from convox.control.automatic.reading import withdrawn
from convox.errors import FeedStale, FeedUnreachable, InvalidInput, RackError
from convox.feed.fetch import FeedClient
from convox.feed.index import Index
from convox.feed.polling import until_first, until_next
from convox.host.clock import Clock
from convox.state import facts
from convox.state.database import Database
from convox.state.lease import Lease
from convox.update import journal

_FACT = "feed seen"


@dataclass(slots=True, kw_only=True)
class FeedWatch:
    """What was seen of the feed last. ``draw`` returns a random number from 0 up to 1.

    What is wrong, and since when, outlives the control plane; the index is asked for again: at once
    where an update is under way, since then few racks start, and people look at this one.
    """

    feed: FeedClient
    lease: Lease
    clock: Clock
    interval: Callable[[], timedelta]
    draw: Callable[[], float]
    index: Index | None = None
    _due: float = field(init=False)
    _failures: int = 0
    _answers: int = 0
    _alone: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        with self.lease.database.look() as connection:
            is_amid_update = journal.active(connection) is not None
        interval = self.interval().total_seconds()
        wait = 0.0 if is_amid_update else until_first(interval, self.draw())
        self._due = self.clock.monotonic() + wait

    @property
    def state(self) -> FeedState:
        """How the feed is doing."""
        with self.lease.database.look() as connection:
            known = facts.get(connection, _FACT) or {}
        trouble = known.get("trouble")
        return FeedState(
            is_read=self.index is not None,
            seen=_time(known.get("seen")),
            trouble=_trouble_called(trouble) if trouble else None,
            text=known.get("text", ""),
            since=_time(known.get("since")),
            asks=self.clock.now() + timedelta(seconds=self.left),
        )

    @property
    def left(self) -> float:
        """The seconds until it is asked next."""
        return max(0.0, self._due - self.clock.monotonic())

    async def ask_when_due(self) -> None:
        """Ask, where it is time to."""
        if not self.left:
            await self.ask()

    async def ask(self) -> None:
        """Ask now; who asks while another does shares the answer."""
        answers = self._answers
        async with self._alone:
            if answers == self._answers:
                await self._ask()

    async def _ask(self) -> None:
        try:
            self.index = await self._read()
        except RackError as error:
            self._failures += 1
            self._keep(_trouble(error), str(error))
        else:
            self._failures = 0
            self._keep(None, "")
        self._answers += 1
        interval = self.interval().total_seconds()
        self._due = self.clock.monotonic() + until_next(interval, self._failures, self.draw())

    async def _read(self) -> Index:
        """Read what is newer than the running release, and the rest where a way back is wanted."""
        with self.lease.database.look() as connection:
            running: str = facts.get(connection, "version")
        index = await self.feed.refresh(since=running)
        return await self.feed.refresh() if withdrawn(index, running) else index

    def _keep(self, trouble: Trouble | None, text: str) -> None:
        before, now = self.state, self.clock.now()
        since = before.since if trouble is before.trouble else now
        seen = before.seen if trouble else now
        known: dict[str, Any] = {"seen": seen.isoformat() if seen else None}
        if trouble:
            known |= {"trouble": trouble, "text": text, "since": (since or now).isoformat()}
        with self.lease.fenced() as connection:
            facts.put(connection, _FACT, known)


def interval(database: Database) -> timedelta:
    """Return how often to ask; where that cannot be read, a person is told elsewhere."""
    usual = Policy().interval
    with database.look() as connection:
        wanted = facts.parameter(connection, INTERVAL, "")
    try:
        return parse_interval(wanted) if wanted else usual
    except InvalidInput:
        return usual


def _trouble(error: RackError) -> Trouble:
    if isinstance(error, FeedUnreachable):
        return Trouble.UNREACHABLE
    return Trouble.STALE if isinstance(error, FeedStale) else Trouble.UNTRUSTED


def _trouble_called(name: str) -> Trouble:
    """Return the trouble of this name; what a newer release has found, this one does not trust."""
    return Trouble(name) if name in set(Trouble) else Trouble.UNTRUSTED


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
