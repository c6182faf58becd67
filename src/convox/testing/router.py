"""A router in memory, which notes every request that it could not have answered well."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from convox.errors import RouterError
from convox.host.clock import Clock
from convox.router.route import Route, RouteTable, Target
from convox.testing.engine import SimulatedEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    target: str
    until: float


@dataclass(slots=True)
class SimulatedRouter:
    """Keeps the router's Protocol.

    ``violations`` are requests that went to a process that could not answer, or were cut before
    their end, by the rollout and not by a fault. While ``is_down`` it cannot be told anything.
    """

    engine: SimulatedEngine
    clock: Clock
    table: RouteTable = field(default_factory=RouteTable)
    violations: list[str] = field(default_factory=list)
    applied: int = 0
    """How many tables were applied that differed from the one before."""
    api: str = ""
    is_down: bool = False
    _by_host: dict[str, Route] = field(default_factory=dict)
    _held: list[_Held] = field(default_factory=list)
    _turn: Counter[str] = field(default_factory=Counter)

    async def apply(self, table: RouteTable) -> None:
        """Take the table; a request that is held on a target it leaves out is cut."""
        self._check_up()
        if table == self.table:
            return
        self.applied += 1
        self.table = table
        self._by_host = {host: route for route in table.routes.values() for host in route.hosts}
        routed = [target.id for route in table.routes.values() for target in route.targets]
        draining = [target.id for targets in table.draining.values() for target in targets]
        both = set(routed) & set(draining)
        self.violations += [f"{name} is routed to and draining" for name in sorted(both)]
        known = {*routed, *draining}
        for held in self._open():
            if held.target not in known and held.target not in self.engine.faulted:
                self._cut(held, "left out of the table")

    async def serving(self) -> Mapping[str, int]:
        """Return the requests that are held."""
        self._check_up()
        return Counter(held.target for held in self._open())

    async def direct_api(self, socket: str) -> None:
        """Note where the API is."""
        self._check_up()
        self.api = socket

    def request(self, host: str) -> str | None:
        """Send one request; return the process that got it, or ``None`` where it had to wait."""
        route = self._by_host.get(host)
        if route is None or not route.targets:
            return None
        turn = self._turn[route.name]
        self._turn[route.name] += 1
        return self._send(route.targets[turn % len(route.targets)])

    def hold(self, host: str, seconds: float) -> str | None:
        """Send a request that takes so long; return the process that got it."""
        target = self.request(host)
        if target is not None:
            self._held.append(_Held(target=target, until=self.clock.monotonic() + seconds))
        return target

    def check_held(self) -> None:
        """Note what was cut because its process was stopped."""
        for held in self._open():
            if not self.engine.is_running(held.target) and held.target not in self.engine.faulted:
                self._cut(held, "stopped")

    def until_change(self) -> float:
        """Return in how many seconds a target that drains has one less; endless where none has."""
        draining = {target.id for targets in self.table.draining.values() for target in targets}
        ends = [held.until for held in self._open() if held.target in draining]
        return min(ends, default=math.inf) - self.clock.monotonic()

    def _send(self, target: Target) -> str:
        if not self.engine.can_answer(target.id):
            self.violations.append(f"{self.clock.monotonic():.1f} s: request to {target.id}")
        return target.id

    def _open(self) -> list[_Held]:
        now = self.clock.monotonic()
        self._held = [held for held in self._held if held.until > now]
        return list(self._held)

    def _cut(self, held: _Held, why: str) -> None:
        self._held.remove(held)
        self.violations.append(f"{self.clock.monotonic():.1f} s: {held.target} was {why}")

    def _check_up(self) -> None:
        if self.is_down:
            raise RouterError("cannot reach the router: it is down")
