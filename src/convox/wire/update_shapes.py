"""The JSON shapes of plans, of updates, and of what a rack does by itself: all are ours."""

from typing import TypedDict

from convox.wire.shapes import Gain


class PlannedHop(TypedDict):
    """A move from one rack release to another, as it will be made."""

    origin: str
    target: str
    steps: list[str]
    rolls_instances: bool
    is_stop: bool
    why_stop: str
    notes: str
    migrations: list[str]
    contracts: list[str]


class Move(TypedDict):
    """A service that a roll moves, and the seconds for which it has no process meanwhile."""

    app: str
    service: str
    processes: int
    seconds: float
    why: str


class Interval(TypedDict):
    """Seconds; the truth should lie between the two in eight cases of ten."""

    low: float
    high: float


class Plan(TypedDict):
    """What an update would do; ``lines`` say it to a person, ``reason`` why it ends where it does.

    ``wanted`` is the release that was asked for, or the newest. ``machines`` are rolled.
    ``no_return`` says from where on there is no way back, ``closed`` which newer releases a
    condition closes to this rack, and why.
    """

    hash: str
    running: str
    target: str
    wanted: str
    reason: str
    hops: list[PlannedHop]
    machines: int
    moves: list[Move]
    no_return: str
    closed: dict[str, str]
    lines: list[str]


class Prospect(Plan):
    """A plan, how long it should take, and what speaks against it at this moment.

    ``rest`` are the hops of the updates after it, where it ends short of what is wanted.
    """

    rest: list[PlannedHop]
    takes: Interval
    refused: list[str]


class LegacyRelease(TypedDict):
    """What Convox's own list says of a version."""

    version: str
    description: str
    published: bool
    required: bool


class LegacyList(TypedDict):
    """An unsigned list of versions, in its own order; ``lines`` say how it would lead on."""

    address: str
    unsigned: str
    running: str
    releases: list[LegacyRelease]
    lines: list[str]


class UpdateStep(TypedDict):
    """A step of an update; ``hop`` counts from 0."""

    name: str
    hop: int
    state: str
    started: str | None
    ended: str | None


class Update(TypedDict):
    """An update that is being carried out, or was; ``cause`` says why it was undone.

    ``line`` says all of it in one. ``step`` is under way, ``waits_for`` holds it up, ``left`` is
    how long it should still take, and ``remedy`` what a person may do. ``returns_to`` is the
    version that is left when it is turned back. ``redeploy`` says by app what that gains by being
    deployed again.
    """

    id: str
    state: str
    origin: str
    target: str
    cause: str
    created: str
    ended: str | None
    version: str
    reason: str
    asked_by: str
    acknowledged: bool
    returns_to: str
    step: str | None
    waits_for: str
    left: Interval | None
    remedy: str
    line: str
    steps: list[UpdateStep]
    redeploy: dict[str, list[Gain]]


class StartedUpdate(Update):
    """An update that has just begun, what it is going to do, and what it goes ahead of."""

    plan: Plan
    ahead: list[str]


class Bundle(TypedDict):
    """A piece of the feed that was brought, from a release to another, good until then."""

    origin: str
    target: str
    until: str
    size: int


class NextAction(TypedDict):
    """What a rack does next by itself: ``up to date``, ``starts``, ``waits`` or ``stopped``.

    ``line`` says all of it in one. It is about the release ``target``, and comes at ``until`` where
    that is known. ``reason`` names in a word or three what ``why`` says to a person.
    """

    action: str
    reason: str
    why: str
    until: str | None
    target: str
    way_out: str
    line: str


class FeedCheck(TypedDict):
    """How the feed is doing: ``seen`` last as it should be, in ``trouble`` ``since`` then."""

    seen: str | None
    trouble: str
    text: str
    since: str | None
    asks: str | None


class UpdateCheck(TypedDict):
    """What is offered to a rack, and what it does about it; ``alarm`` is to be read at once.

    ``hold`` and ``pin`` say what a person keeps it from; each is empty where that is nothing.
    """

    version: str
    channel: str
    available: str
    next: NextAction
    hold: str
    pin: str
    alarm: str
    feed: FeedCheck
