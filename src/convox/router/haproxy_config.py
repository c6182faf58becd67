"""An HAProxy configuration out of a table of routes. Pure.

Every service has a backend with slots made ahead, so that a target comes and goes through the
runtime API and nothing is reloaded; ``haproxy_changes`` says how. A backend's name tells all of its
form but the number of its slots, and ``description`` the form of all the rest, so that a running
HAProxy can itself be asked whether it has the form that is wanted.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from convox.errors import RouterError
from convox.router.route import Route, RouteTable, Target

SLOTS = 8
"""How many a service has at first; more are made by doubling."""

VACANT = ("127.0.0.1", 1)
"""The address of a slot without a target; it refuses whoever connects."""

# What may change something is not sent twice, also when its connection breaks.
_SENT_ONCE = "http-request disable-l7-retry unless { method GET HEAD OPTIONS }"

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
_NAME = re.compile(r"[a-zA-Z0-9._-]+/[a-zA-Z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where a router listens and what it needs of the machine."""

    directory: Path
    """Its own: configuration, map, admin socket, certificates, log."""
    listen: str
    http_port: int
    https_port: int
    api_port: int
    api_socket: Path
    """What the API's requests go to: a link to the socket of the control plane that serves."""
    runs_as: tuple[int, int] | None = None
    """User and group, by number, that HAProxy drops to once it listens."""

    @property
    def admin(self) -> Path:
        """The socket that HAProxy is steered through."""
        return self.directory / "admin.sock"

    @property
    def hosts(self) -> Path:
        """The map from host names to backends."""
        return self.directory / "hosts.map"


def backend_name(route: Route) -> str:
    """Return ``app:service:scheme``, with ``:sticky`` where a client stays with its target."""
    parts = [*route.name.split("/"), route.scheme]
    return ":".join([*parts, "sticky"] if route.sticky else parts)


def slots_for(targets: int) -> int:
    """Return a number of slots that lets every target be replaced start-first."""
    return max(SLOTS, 1 << (2 * targets - 1).bit_length())


def host_map(table: RouteTable) -> Mapping[str, str]:
    """Return each host's backend; of two routes that claim a host, the first by name has it."""
    found: dict[str, str] = {}
    for route in _routes(table):
        for host in route.hosts:
            found.setdefault(host.lower(), backend_name(route))
    return found


def check(table: RouteTable) -> None:
    """Raise ``RouterError`` for names that would mean something else to HAProxy."""
    for route in table.routes.values():
        if not _NAME.fullmatch(route.name):
            raise RouterError(f"cannot route {route.name}: the name is malformed")
        for host in route.hosts:
            if not _HOST.fullmatch(host.lower()):
                raise RouterError(f"cannot route {route.name}: the host name {host} is malformed")


def render_map(table: RouteTable) -> str:
    """Return the content of the map file."""
    return "".join(f"{host} {name}\n" for host, name in sorted(host_map(table).items()))


def render(settings: Settings, table: RouteTable, certificates: str) -> str:
    """Return the configuration; ``certificates`` is the digest of those it is to load."""
    sections = [
        _globals(settings, fingerprint(settings, certificates)),
        *_constant(settings),
        *(_backend(route) for route in _routes(table)),
    ]
    return "\n\n".join(sections) + "\n"


def fingerprint(settings: Settings, certificates: str) -> str:
    """Return a digest of everything in a configuration that does not depend on the table."""
    forms = [
        _backend(Route(name="app/service", hosts=(), scheme=scheme, sticky=sticky))
        for scheme in ("http", "https")
        for sticky in (False, True)
    ]
    text = "\n".join([_globals(settings, ""), *_constant(settings), *forms, certificates])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _routes(table: RouteTable) -> Iterator[Route]:
    return (route for _, route in sorted(table.routes.items()))


def _section(head: str, lines: Sequence[str]) -> str:
    return "\n    ".join([head, *lines])


def _globals(settings: Settings, description: str) -> str:
    identity = [
        f"{kind} {number}"
        for kind, number in zip(("uid", "gid"), settings.runs_as or (), strict=False)
    ]
    return _section(
        "global",
        [
            f"description {description}",
            f"stats socket {settings.admin} mode 600 level admin expose-fd listeners",
            # A container may allow a billion files, and HAProxy would make room for each.
            "fd-hard-limit 100000",
            "ssl-default-bind-options ssl-min-ver TLSv1.2",
            *identity,
        ],
    )


def _constant(settings: Settings) -> tuple[str, ...]:
    directory, listen = settings.directory, settings.listen
    rack = f"ssl crt {directory}/rack.pem"
    return (
        _defaults(),
        _frontend(settings, "http", settings.http_port, ""),
        _frontend(
            settings,
            "https",
            settings.https_port,
            f" {rack} crt {directory}/certificates alpn h2,http/1.1",
        ),
        _section(
            "frontend api",
            [
                f"bind {listen}:{settings.api_port} {rack} alpn http/1.1",
                *_forwarded("https", settings.api_port),
                "default_backend api",
            ],
        ),
        *_succession(settings),
        _section("backend absent", [_text("return", 404, "no app of this rack has this address")]),
        _api(settings),
    )


def _defaults() -> str:
    return _section(
        "defaults",
        [
            "mode http",
            "balance roundrobin",
            # Nothing that is under way is ever cut: the limits are for peers that have vanished.
            # They are longer than any mistake about the time zone, because HAProxy 2.6 takes a
            # clock that is put forth while it works for time that has passed.
            "timeout connect 3s",
            "timeout client 1d",
            "timeout server 1d",
            "timeout tunnel 7d",
            "timeout client-fin 30s",
            "timeout http-request 30s",
            "timeout http-keep-alive 60s",
            "option clitcpka",
            "option srvtcpka",
            # A worker that is being replaced answers one more request on an idle connection, with
            # "Connection: close", rather than closing it under a request that is on its way.
            "option idle-close-on-response",
            # A refused connection is tried on another target at once, and where there is none,
            # again each second, five times.
            "retries 5",
            "option redispatch 1",
            "retry-on conn-failure empty-response",
            "http-reuse safe",
            # Short, so that few connections get old enough for a process to close them just when
            # they are used again, and a replaced worker soon lets go of those it no longer uses.
            "default-server pool-purge-delay 250ms",
            _text("error", 502, "the process broke off its answer"),
            _text("error", 503, "no healthy process answers at this address"),
            _text("error", 504, "the process did not answer in time"),
        ],
    )


def _text(rule: str, status: int, text: str) -> str:
    words = text.replace(" ", "\\ ")
    prefix = "http-request return" if rule == "return" else "http-error"
    return f"{prefix} status {status} content-type text/plain string {words}\\n"


def _forwarded(scheme: str, port: int) -> tuple[str, ...]:
    return (
        "option forwardfor",
        f"http-request set-header X-Forwarded-Proto {scheme}",
        f"http-request set-header X-Forwarded-Port {port}",
    )


def _frontend(settings: Settings, scheme: str, port: int, options: str) -> str:
    return _section(
        f"frontend {scheme}",
        [
            f"bind {settings.listen}:{port}{options}",
            *_forwarded(scheme, port),
            # A worker that is being replaced does not hear of changes any more, so what still comes
            # to it over old connections goes through the worker that does.
            _SENT_ONCE,
            "use_backend successor if { stopping }",
            *_routing(settings),
        ],
    )


def _routing(settings: Settings) -> tuple[str, str]:
    return (
        f"use_backend %[req.hdr(host),field(1,:),lower,map({settings.hosts})]",
        "default_backend absent",
    )


def _succession(settings: Settings) -> tuple[str, str]:
    """Return how a worker that is being replaced reaches the one that accepts."""
    inner = f"unix@{settings.directory}/inner.sock"
    owner = f" uid {settings.runs_as[0]}" if settings.runs_as else ""
    return (
        _section(
            "frontend inner", [f"bind {inner} mode 600{owner}", _SENT_ONCE, *_routing(settings)]
        ),
        _section("backend successor", ["http-reuse never", f"server successor {inner}"]),
    )


def _api(settings: Settings) -> str:
    return _section(
        "backend api",
        [
            # Each request looks up anew which control plane the link leads to.
            "option http-server-close",
            "http-reuse never",
            "retries 10",
            "retry-on conn-failure",
            _text("error", 503, "the control plane of this rack does not run"),
            # A unix socket refuses at once, and HAProxy then repeats at once. So the first refusal
            # marks the control plane down until it listens again, and who comes meanwhile waits.
            "default-server check inter 1s downinter 200ms rise 1 fall 1",
            "default-server observe layer4 error-limit 1 on-error mark-down",
            f"server rackd unix@{settings.api_socket}",
            "default-server no-check",
            _waiting(),
        ],
    )


def _backend(route: Route) -> str:
    name = backend_name(route)
    lines = []
    if route.scheme == "https":
        lines.append("default-server ssl verify none")
    if route.sticky:
        # The value follows a target's address, not the slot it happens to have.
        lines.append("cookie convox insert indirect nocache httponly dynamic")
        lines.append(f"dynamic-cookie-key {name}")
    return _section(f"backend {name}", [*lines, *_servers(route.targets), _waiting()])


def _waiting() -> str:
    """Return the server for whoever comes while there is no other.

    It refuses, and a connection refused by the only server there is is tried again a second later,
    on whatever server there is then.
    """
    return f"server wait {VACANT[0]}:{VACANT[1]} backup"


def _servers(targets: Sequence[Target]) -> Iterator[str]:
    addresses = sorted({(target.host, target.port) for target in targets})
    vacant = [VACANT] * (slots_for(len(addresses)) - len(addresses))
    for number, (host, port) in enumerate(addresses + vacant, 1):
        state = " disabled" if (host, port) == VACANT else ""
        yield f"server s{number} {host}:{port}{state}"
