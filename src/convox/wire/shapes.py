"""The JSON objects of the Convox Rack API, one type a noun."""

from typing import Any, TypedDict


class Gain(TypedDict):
    """What an app gains by being deployed again, since the rack runs ``version``, and why."""

    version: str
    feature: str
    reason: str


class App(TypedDict):
    """An app; ``release`` is the one in effect, empty where there is none.

    ``redeploy`` is what it gains by being deployed again.
    """

    name: str
    status: str
    release: str
    generation: str
    locked: bool
    router: str
    parameters: dict[str, str]
    redeploy: list[Gain]


Build = TypedDict(
    "Build",
    {
        "id": str,
        "app": str,
        "description": str,
        "entrypoint": str,
        "git-sha": str,
        "logs": str,
        "manifest": str,
        "process": str,
        "release": str,
        "reason": str,
        "status": str,
        "started": str,
        "ended": str | None,
    },
)
"""A build; ``release`` is what it led to, ``reason`` why it failed."""


class Release(TypedDict):
    """A release; lists leave out ``env`` and ``manifest``."""

    id: str
    app: str
    build: str
    env: str
    manifest: str
    description: str
    created: str


class Process(TypedDict):
    """A process; ``name`` is its service, ``ports`` reads ``host:container``."""

    id: str
    app: str
    command: str
    cpu: float
    host: str
    image: str
    instance: str
    memory: float
    name: str
    ports: list[str]
    release: str
    started: str | None
    status: str


class ServicePort(TypedDict):
    """A port of the rack that leads to one of a service."""

    balancer: int
    certificate: str
    container: int


class Service(TypedDict):
    """A service as it should run: CPU in 1/1024, memory in MiB."""

    count: int
    cpu: int
    domain: str
    memory: int
    name: str
    ports: list[ServicePort]


class Resource(TypedDict):
    """A resource of an app."""

    name: str
    type: str
    url: str
    status: str
    parameters: dict[str, str]


System = TypedDict(
    "System",
    {
        "alarm": str,
        "available": str,
        "count": int,
        "domain": str,
        "hold": str,
        "name": str,
        "next": str,
        "outputs": dict[str, str],
        "parameters": dict[str, str],
        "pin": str,
        "provider": str,
        "rack-domain": str,
        "region": str,
        "status": str,
        "type": str,
        "update": str,
        "version": str,
    },
)
"""The rack itself; ``count`` is how many instances it should have.

``update`` says in a line where its update stands, or how that ended where nobody has seen it.
``available`` is the newest version that is offered, ``next`` says what the rack does next by itself
and ``alarm`` what is to be read at once. ``hold`` is for how long a person lets nothing begin by
itself, ``pin`` the newest version that they let it go to. Each is empty where there is nothing to
say.
"""

Instance = TypedDict(
    "Instance",
    {
        "id": str,
        "agent": bool,
        "cpu": float,
        "memory": float,
        "private-ip": str,
        "processes": int,
        "public-ip": str,
        "started": str,
        "status": str,
    },
)
"""An instance."""


class Object(TypedDict):
    """A file that was uploaded for an app."""

    Url: str


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


class Health(TypedDict):
    """What is not well with apps, resources or the API, each in words; nothing where all is."""

    ailments: list[str]


class AuditEntry(TypedDict):
    """An entry of the history; ``digest`` is that of all before it, ``previous`` the last one's."""

    number: int
    time: str
    kind: str
    who: str
    text: str
    detail: dict[str, Any]
    previous: str
    digest: str


class AuditFinding(TypedDict):
    """What was done to an entry: ``fault`` says it in a word, ``text`` to a person."""

    number: int
    fault: str
    text: str


class AuditVerdict(TypedDict):
    """Whether the history is whole; ``head`` is ``number:digest`` of its newest entry."""

    entries: int
    head: str
    findings: list[AuditFinding]


class NotificationAttempt(TypedDict):
    """One attempt to deliver a notice: ``result`` is ``delivered``, ``missed`` or ``given up``.

    ``status`` is of HTTP or SMTP; ``due`` is the next attempt. ``notice`` is the notice's id.
    """

    time: str
    notice: str
    kind: str
    version: str
    receiver: str
    result: str
    status: int | None
    error: str
    due: str | None


class NotificationReceiver(TypedDict):
    """Who is told of updates: ``address`` without its secret part, ``kinds`` empty for all."""

    name: str
    form: str
    address: str
    kinds: list[str]
    latest: NotificationAttempt | None


class AddedReceiver(NotificationReceiver):
    """A receiver that was just added; its ``secret`` is not shown again."""

    secret: str
