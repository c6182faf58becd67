"""A table of routes, made true in a running HAProxy.

What HAProxy has is asked of HAProxy each time something is to change, never remembered, so that a
restarted control plane, a crash half way and a lost command all mend by applying the table again.
Only a new form (a backend, more slots, a setting, a certificate) takes a new worker.
"""

import csv
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from convox.errors import RouterError
from convox.host.clock import Clock
from convox.host.connections import open_connections
from convox.host.files import link_atomically, write_atomically
from convox.host.locks import exclusive
from convox.router.certificate import Certificates
from convox.router.haproxy_changes import Observed, commands, fits, read_hosts, read_slots
from convox.router.haproxy_config import (
    Settings,
    check,
    fingerprint,
    host_map,
    render,
    render_map,
)
from convox.router.haproxy_workers import Workers
from convox.router.route import RouteTable, Target
from convox.router.router import Worker

_log = logging.getLogger(__name__)

_LOOK = timedelta(hours=12)  # between two looks at when certificates end


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is remembered of the last table, before it is made true."""

    table: RouteTable = field(default_factory=RouteTable)
    targets: Mapping[str, str] = field(default_factory=dict)
    """Ids of targets by ``host:port``, also of those that left the table with something open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What this control plane has made true, and when it looked."""

    table: RouteTable
    version: int
    """Of the record: a control plane that is late in dying may have written another since."""
    at: datetime


class HaproxyRouter:
    """The router of one rack; several control planes may hold one of these at a time."""

    def __init__(
        self,
        settings: Settings,
        certificates: Certificates,
        clock: Clock,
        binary: Path | None = None,
    ) -> None:
        """Start nothing yet; ``binary`` is looked for where it is not given."""
        settings.directory.mkdir(parents=True, exist_ok=True)
        self._settings = settings
        self._certificates = certificates
        self._clock = clock
        self._workers = Workers(settings, clock, binary)
        self._applied: Applied | None = None

    def is_running(self) -> bool:
        """Say whether a worker takes connections."""
        return self._workers.accepting() is not None

    async def workers(self) -> Sequence[Worker]:
        """Return the processes that run: the one that accepts first, then those that finish."""
        accepting = await self._workers.adopt()
        older = [
            Worker(pid=pid, is_accepting=False, version="") for pid in self._workers.finishing()
        ]
        if accepting is None:
            return older
        version = _said(await self._workers.ask("show info"), "Version")
        return [Worker(pid=accepting, is_accepting=True, version=version), *older]

    async def start(self) -> None:
        """Make HAProxy run, with the last table that was applied; one that runs is kept."""
        async with self._alone():
            if await self._workers.adopt() is None:
                await self._load(self._recall().table)

    async def stop(self) -> None:
        """End HAProxy and cut off whatever it has open."""
        async with self._alone():
            await self._workers.stop()
            self._applied = None

    async def replace(self) -> None:
        """Put a new process in the place of the running one, without anybody's notice."""
        async with self._alone():
            await self._load(self._recall().table)

    async def direct_api(self, socket: str) -> None:
        """Send the API's requests to this unix socket; requests under way stay where they are."""
        link_atomically(self._settings.api_socket, socket)

    async def apply(self, table: RouteTable) -> None:
        """Make the table true; HAProxy is started where it does not run.

        A target that is cut off loses what it has open in the worker that accepts. What an older
        worker holds open to it ends with the target.
        """
        if self._is_true(table):
            return
        check(table)
        async with self._alone():
            self._applied = None
            write_atomically(self._record, msgspec.json.encode(await self._extend(table)))
            if await self._workers.adopt() is None or not await self._steer(table):
                await self._load(table)
            version = self._record.stat().st_mtime_ns
            self._applied = Applied(table=table, version=version, at=self._clock.now())

    async def serving(self) -> Mapping[str, int]:
        """Return, by target id, the requests and streams that are open.

        The worker that accepts says it itself. An older one no longer answers, so its connections
        to the target are counted instead: for a second or two also those that it keeps unused.
        """
        record, counts = self._recall(), await self._open()
        present = {target.id for target in _targets(record.table)}
        found: Counter[str] = Counter()
        for address, identity in record.targets.items():
            if counts[address] or identity in present:
                found[identity] += counts[address]
        return found

    def _is_true(self, table: RouteTable) -> bool:
        """Say, at little cost, whether the table is what was applied last and still holds."""
        return (
            self._applied is not None
            and self._applied.table == table
            and self._applied.version == self._record.stat().st_mtime_ns
            and self._clock.now() < self._applied.at + _LOOK
            and self.is_running()
        )

    @property
    def _record(self) -> Path:
        return self._settings.directory / "table.json"

    def _alone(self) -> AbstractAsyncContextManager[None]:
        return exclusive(self._settings.directory / "lock", self._clock)

    def _recall(self) -> Record:
        try:
            return msgspec.json.decode(self._record.read_bytes(), type=Record)
        except FileNotFoundError:
            return Record()
        except msgspec.DecodeError as error:
            _log.warning("the last table is lost, and made anew: %s", error)
            return Record()

    async def _extend(self, table: RouteTable) -> Record:
        """Return the record for a table, with the targets before it that still have work."""
        known = self._recall().targets
        # Who cannot be asked may have something open to any of them.
        counts = await self._open() if await self._workers.adopt() else Counter(known)
        old = {key: name for key, name in known.items() if counts[key]}
        new = {_key(target.host, target.port): target.id for target in _targets(table)}
        return Record(table=table, targets=old | new)

    async def _steer(self, table: RouteTable) -> bool:
        """Try to make the table true in the worker that accepts; say whether that did it."""
        form = self._form(table)
        observed = await self._observe()
        if observed.fingerprint != form or not fits(observed, table):
            return False
        needed = commands(observed, table, self._settings.hosts)
        if needed:
            await self._workers.tell(needed)
            needed = commands(await self._observe(), table, self._settings.hosts)
        return not needed

    async def _load(self, table: RouteTable) -> None:
        """Run a worker that knows this table from its start."""
        _log.info("loading haproxy with %d routes", len(table.routes))
        digest = self._certificates.ensure(host_map(table), self._clock.now())
        configuration = render(self._settings, table, digest)
        await self._workers.load(configuration, render_map(table))

    def _form(self, table: RouteTable) -> str:
        digest = self._certificates.ensure(host_map(table), self._clock.now())
        return fingerprint(self._settings, digest)

    async def _observe(self) -> Observed:
        ask = self._workers.ask
        return Observed(
            fingerprint=_described(await ask("show info")),
            slots=read_slots(await ask("show servers state")),
            hosts=read_hosts(await ask(f"show map {self._settings.hosts}")),
        )

    async def _open(self) -> Counter[str]:
        """Count what is open by the ``host:port`` of the target."""
        counts: Counter[str] = Counter()
        for worker in self._workers.finishing():
            for (host, port), number in open_connections(worker.number).items():
                counts[_key(host, port)] += number
        if self.is_running():
            counts.update(_sessions(await self._workers.ask("show stat -1 4 -1")))
        return counts


def _targets(table: RouteTable) -> list[Target]:
    routed = [target for route in table.routes.values() for target in route.targets]
    return [*routed, *(target for group in table.draining.values() for target in group)]


def _key(host: str, port: int) -> str:
    return f"{host}:{port}"


def _described(info: str) -> str:
    """Return the fingerprint that the configuration put into ``description``."""
    return _said(info, "description").partition(":")[0]


def _said(info: str, what: str) -> str:
    """Return one field of the answer to ``show info``."""
    for line in info.splitlines():
        name, _, value = line.partition(": ")
        if name == what:
            return value
    raise RouterError(f"cannot ask haproxy: it does not say its {what}")


def _sessions(statistics: str) -> Counter[str]:
    """Return what servers have open, from the answer to ``show stat``."""
    counts: Counter[str] = Counter()
    for row in csv.DictReader(statistics.removeprefix("# ").splitlines()):
        address = row["addr"].replace("[", "").replace("]", "")
        counts[address] += int(row["scur"]) + int(row["qcur"])
    return counts
