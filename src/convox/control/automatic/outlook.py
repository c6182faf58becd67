"""Everything that decides about the next update, at one moment. Pure nouns."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from convox.control.automatic.policy import Policy
from convox.plan.estimate import Interval

_NOTHING = Interval(low=0.0, high=0.0)


class Trouble(StrEnum):
    """What is wrong with a feed."""

    UNREACHABLE = "unreachable"
    STALE = "stale"
    """It verifies, and was not signed again in time."""
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """How the feed is doing: when it was ``seen`` last as it should be, and what is wrong since.

    ``asks`` is when it is asked next. What it offers is known where it ``is_read``: a control plane
    that has just started has to ask first.
    """

    is_read: bool = True
    seen: datetime | None = None
    trouble: Trouble | None = None
    text: str = ""
    since: datetime | None = None
    asks: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A release of the channel that is newer than the one that runs.

    It is offered ``since`` then, and the phased roll-out reaches this rack ``reached`` then:
    ``None`` where nobody knows when. ``closed`` says which condition keeps this rack from it, and
    ``place`` is the rack's among all of a hundred.
    """

    version: str
    since: datetime
    reached: datetime | None
    security: bool = False
    closed: str = ""
    place: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    """The one hop that an update would make now, toward ``wanted``.

    ``refusal`` says why there is none, ``no_return`` from where on no way leads back.
    """

    wanted: str
    target: str
    takes: Interval = _NOTHING
    no_return: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """The update that has not ended yet; ``cause`` says why it cannot, where it cannot."""

    target: str
    asked_by: str
    is_paused: bool = False
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """A release that was tried and left, by a failure or by a person, and nothing changed since."""

    version: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """One moment.

    ``withdrawn`` says why the running release was, and ``older`` is the newest one that is offered
    and older. ``offers`` are in order, the oldest first. ``next_hop`` leads to the newest of them
    that may be taken. ``deploying`` are apps, ``ailments`` and ``objections`` texts,
    which are known where it ``is_surveyed``.
    """

    now: datetime
    running: str
    policy: Policy
    feed: FeedState
    offers: tuple[Offer, ...] = ()
    withdrawn: str = ""
    older: str = ""
    next_hop: NextHop | None = None
    setback: Setback | None = None
    under_way: UnderWay | None = None
    deploying: tuple[str, ...] = ()
    is_at_rest: bool = True
    is_surveyed: bool = False
    ailments: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()

    @property
    def newest_open(self) -> Offer | None:
        """The newest offer that no condition keeps this rack from."""
        return next((each for each in reversed(self.offers) if not each.closed), None)
