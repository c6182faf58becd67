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
