"""The seam between what should be reachable and what is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from convox.host.processes import Pid
from convox.router.route import RouteTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A process of the router. ``version`` is its program's, blank where it no longer says it."""

    pid: Pid
    is_accepting: bool
    version: str


class Router(Protocol):
    """What sends traffic to processes."""

    async def apply(self, table: RouteTable) -> None:
        """Make the whole table true, without failing a request or cutting a stream.

        Applying the same table again changes nothing.
        """
        ...

    async def serving(self) -> Mapping[str, int]:
        """Return, by target id, how many requests and streams each target has open now.

        A target that the router no longer knows and that has nothing open is left out.
        """
        ...

    async def direct_api(self, socket: str) -> None:
        """Send the rack's own API to the control plane that listens on this unix socket."""
        ...
