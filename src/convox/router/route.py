"""Where a request may go."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """A process that answers requests; ``id`` is the process's."""

    id: str
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The requests for some host names, and the targets that share them.

    ``name`` is ``app/service``. Without a target a request waits a moment for one and then is
    answered 503.
    """

    name: str
    hosts: tuple[str, ...]
    targets: tuple[Target, ...] = ()
    scheme: str = "http"
    sticky: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """All that the router is to know of apps, as one value.

    ``draining`` are targets that get no new request and finish what they have; a target that is in
    no route and not draining is cut off.
    """

    routes: Mapping[str, Route] = field(default_factory=dict)
    draining: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    """By the name of the route they belonged to."""
