"""What to tell a running HAProxy so that a table of routes becomes true. Pure.

A slot is *vacant* (it has no target's address and gets nothing), *ready* (its target gets requests)
or *resting* (its target finishes what it has and gets nothing new). Resting is HAProxy's ``maint``
and not its ``drain``: the latter still takes new requests of clients that stay with their target.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from convox.router.haproxy_config import VACANT, backend_name, host_map
from convox.router.route import Route, RouteTable

Address = tuple[str, int]

_MAINTENANCE = 0x01  # bit of srv_admin_state, management.txt of HAProxy, "show servers state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place for a target in a backend of a running HAProxy."""

    backend: str
    server: str
    address: Address
    is_ready: bool

    @property
    def name(self) -> str:
        """What commands call it."""
        return f"{self.backend}/{self.server}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a running HAProxy says of itself."""

    fingerprint: str
    slots: tuple[Slot, ...]
    hosts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What is to happen in one backend."""

    fill: Mapping[Slot, Address]
    wake: tuple[Slot, ...]
    rest: tuple[Slot, ...]
    cut: tuple[Slot, ...]
    lacking: int
    """Targets that found no slot."""


def read_slots(text: str) -> tuple[Slot, ...]:
    """Read the answer to ``show servers state``, but for servers that are no slots."""
    lines = text.strip().splitlines()
    columns = lines[1].removeprefix("# ").split()
    rows = (dict(zip(columns, line.split(), strict=False)) for line in lines[2:])
    return tuple(
        Slot(
            backend=row["be_name"],
            server=row["srv_name"],
            address=(row["srv_addr"], int(row["srv_port"])),
            is_ready=not int(row["srv_admin_state"]) & _MAINTENANCE,
        )
        for row in rows
        if re.fullmatch(r"s\d+", row["srv_name"])
    )


def read_hosts(text: str) -> Mapping[str, str]:
    """Read the answer to ``show map``: lines of pointer, key and value."""
    rows = (line.split() for line in text.splitlines() if line.strip())
    return {row[1]: row[2] for row in rows}


def fits(observed: Observed, table: RouteTable) -> bool:
    """Say whether the table can be made true without a reload."""
    backends = {slot.backend for slot in observed.slots}
    wanted = {backend_name(route) for route in table.routes.values()}
    return wanted <= backends and not any(
        placement.lacking for placement in _placements(observed, table)
    )


def commands(observed: Observed, table: RouteTable, map_path: object) -> list[str]:
    """Return what makes the table true where it fits; nothing where it is true already.

    What is new gets requests before what is old loses them, and a host is known before its old
    backend is forgotten, so that no request finds nothing in between.
    """
    placements = list(_placements(observed, table))
    return [
        *(line for each in placements for line in _open(each)),
        *_map_commands(observed.hosts, host_map(table), map_path),
        *(line for each in placements for line in _close(each)),
    ]


def _placements(observed: Observed, table: RouteTable) -> Iterator[Placement]:
    routes = {backend_name(route): route for route in table.routes.values()}
    draining = {
        (target.host, target.port) for targets in table.draining.values() for target in targets
    }
    by_backend: dict[str, list[Slot]] = {}
    for slot in observed.slots:
        by_backend.setdefault(slot.backend, []).append(slot)
    for name, slots in by_backend.items():
        yield _place(slots, _addresses(routes.get(name)), draining)


def _addresses(route: Route | None) -> list[Address]:
    return sorted({(target.host, target.port) for target in route.targets}) if route else []


def _place(
    slots: Sequence[Slot], wanted: Iterable[Address], draining: frozenset[Address] | set[Address]
) -> Placement:
    taken = {slot.address: slot for slot in slots if slot.address != VACANT}
    kept = [taken[address] for address in wanted if address in taken]
    left = [slot for slot in taken.values() if slot not in kept]
    vacant = [slot for slot in slots if slot.address == VACANT]
    missing = [address for address in wanted if address not in taken]
    return Placement(
        fill=dict(zip(vacant, missing, strict=False)),
        wake=tuple(slot for slot in kept if not slot.is_ready),
        rest=tuple(slot for slot in left if slot.address in draining and slot.is_ready),
        cut=tuple(slot for slot in left if slot.address not in draining),
        lacking=max(0, len(missing) - len(vacant)),
    )


def _open(placement: Placement) -> Iterator[str]:
    for slot, (host, port) in placement.fill.items():
        yield f"set server {slot.name} addr {host} port {port}"
        yield f"set server {slot.name} state ready"
    for slot in placement.wake:
        yield f"set server {slot.name} state ready"


def _close(placement: Placement) -> Iterator[str]:
    for slot in placement.rest:
        yield f"set server {slot.name} state maint"
    for slot in placement.cut:
        yield f"set server {slot.name} state maint"
        yield f"shutdown sessions server {slot.name}"
        yield f"set server {slot.name} addr {VACANT[0]} port {VACANT[1]}"


def _map_commands(
    present: Mapping[str, str], wanted: Mapping[str, str], path: object
) -> Iterator[str]:
    for host, backend in wanted.items():
        if host not in present:
            yield f"add map {path} {host} {backend}"
        elif present[host] != backend:
            yield f"set map {path} {host} {backend}"
    for host in present:
        if host not in wanted:
            yield f"del map {path} {host}"
