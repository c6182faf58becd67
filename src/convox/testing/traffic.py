"""Steady traffic on an app, told apart by kind and by phase: the judge of every update.

Run as ``python -m convox.testing.traffic SPEC``, where SPEC is a JSON file::

    {"address": ["127.0.0.1", 8080], "hosts": {"web": "web.hello.dev.localhost", "solo": ...},
     "api": {"address": ["127.0.0.1", 5443], "authorization": "Basic ..."}}

Lines on standard input steer it: ``phase NAME`` begins to count under a new name, ``stop`` ends.
Each second a line with the running totals appears on standard output, and at the end the report.
A request counts as failed unless a whole answer with a status below 400 came in time.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from convox.testing.requests import (
    Connection,
    FailureError,
    IdleClosedError,
    Target,
    open_websocket,
)

_TIMEOUT = 15.0  # seconds for any request
_LONG = 3  # seconds that a long request takes


@dataclass(slots=True)
class Phase:
    """What was sent while the phase lasted; times in seconds."""

    sent: int = 0
    failed: int = 0
    times: list[float] = field(default_factory=list)
    api_gap: float = 0.0
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0

    def report(self) -> dict[str, Any]:
        """Return the phase's figures; times in milliseconds, the rest in seconds."""
        times = sorted(self.times)
        return {
            "sent": self.sent,
            "failed": self.failed,
            "p50_ms": _percentile(times, 0.5),
            "p99_ms": _percentile(times, 0.99),
            "api_gap_s": round(self.api_gap, 3),
            "seconds": round((self.ended or time.monotonic()) - self.began, 1),
        }


def _percentile(times: list[float], share: float) -> float:
    return round(times[int(len(times) * share)] * 1000, 2) if times else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """When a request that failed began and ended, by the machine's monotonic clock.

    ``idle`` where it found a connection closed that had been kept for it.
    """

    began: float
    ended: float
    idle: bool


@dataclass(slots=True)
class Tally:
    """All phases, the present one last, and what went wrong."""

    phases: dict[str, Phase] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    missed: list["Missed"] = field(default_factory=list)
    websocket: dict[str, Any] = field(default_factory=dict)

    @property
    def present(self) -> Phase:
        """The phase that is being counted."""
        return list(self.phases.values())[-1]

    def begin(self, name: str) -> None:
        """Count under a new name from now on."""
        now = time.monotonic()
        if self.phases:
            self.present.ended = now
        self.phases[name] = Phase(began=now)

    @asynccontextmanager
    async def counted(self, kind: str) -> AsyncIterator[None]:
        """Count what happens inside as one request, in the phase in which it began."""
        phase, began = self.present, time.monotonic()
        phase.sent += 1
        try:
            async with asyncio.timeout(_TIMEOUT):
                yield
        except (OSError, FailureError, TimeoutError, EOFError) as error:
            phase.failed += 1
            idle = isinstance(error, IdleClosedError)
            self.missed.append(Missed(began=began, ended=time.monotonic(), idle=idle))
            self.failures.append(f"{time.strftime('%H:%M:%S')} {kind}: {error!r}")
        else:
            if kind != "long":
                phase.times.append(time.monotonic() - began)

    def report(self) -> dict[str, Any]:
        """Return everything counted so far."""
        return {
            "phases": {name: phase.report() for name, phase in self.phases.items()},
            "sent": sum(phase.sent for phase in self.phases.values()),
            "failed": sum(phase.failed for phase in self.phases.values()),
            "failures": self.failures[:50],
            "missed": [asdict(each) for each in self.missed],
            "websocket": self.websocket,
        }


async def _paced(rate: float, act: Callable[[], Awaitable[None]]) -> None:
    """Act ``rate`` times a second; one that took long is not made up for."""
    following = time.monotonic()
    while True:
        await act()
        following = max(following + 1 / rate, time.monotonic() - 1 / rate)
        await asyncio.sleep(max(0.0, following - time.monotonic()))


async def reused(tally: Tally, target: Target, method: str, path: str, rate: float) -> None:
    """Send request after request over one connection, reopened only when the server says so."""
    connection: Connection | None = None

    async def act() -> None:
        nonlocal connection
        async with tally.counted("reused"):
            if connection is None or connection.is_closed:
                connection = None
                connection = await target.connect()
            kept, connection = connection, None
            await kept.request(method, path)
            connection = kept

    await _paced(rate, act)


async def fresh(tally: Tally, target: Target, path: str, rate: float, kind: str) -> None:
    """Send each request over a connection of its own."""

    async def act() -> None:
        async with tally.counted(kind):
            connection = await target.connect()
            try:
                await connection.request("GET", path, close=True)
            finally:
                connection.close()

    await _paced(rate, act)


async def one_websocket(tally: Tally, target: Target) -> None:
    """Hold one websocket open and note what comes through it."""
    began = time.monotonic()
    tally.websocket = {"open": False, "messages": 0, "seconds": 0.0}
    try:
        async for _message in open_websocket(target, "/ws"):
            seconds = round(time.monotonic() - began, 1)
            messages = tally.websocket["messages"] + 1
            tally.websocket = {"open": True, "messages": messages, "seconds": seconds}
    except (OSError, FailureError, EOFError) as error:
        tally.failures.append(f"{time.strftime('%H:%M:%S')} websocket: {error!r}")
    tally.websocket["open"] = False


async def api_gap(tally: Tally, target: Target, rate: float) -> None:
    """Ask the rack's API without a pause; note the longest time between two answers."""
    last = time.monotonic()

    async def act() -> None:
        nonlocal last
        try:
            async with asyncio.timeout(_TIMEOUT):
                connection = await target.connect()
                try:
                    await connection.request("GET", "/system", close=True)
                finally:
                    connection.close()
        except (OSError, FailureError, TimeoutError, EOFError):
            return
        now = time.monotonic()
        tally.present.api_gap = max(tally.present.api_gap, now - last)
        last = now

    await _paced(rate, act)


async def steer(tally: Tally) -> None:
    """Follow the lines on standard input until ``stop`` or their end."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().strip():
        if line == "stop":
            return
        tally.begin(line.removeprefix("phase "))


async def tell(tally: Tally) -> None:
    """Say how it stands, each second."""
    while True:
        await asyncio.sleep(1)
        report = tally.report()
        sys.stdout.write(json.dumps({key: report[key] for key in ("sent", "failed")}) + "\n")
        sys.stdout.flush()


async def run(spec: dict[str, Any]) -> dict[str, Any]:
    """Send traffic until told to stop; return the report."""
    tally = Tally()
    tally.begin("start")
    address = tuple(spec["address"])
    web = Target(address=address, host=spec["hosts"]["web"])
    solo = Target(address=address, host=spec["hosts"]["solo"])
    senders: list[Awaitable[None]] = [
        *(reused(tally, web, "GET", "/", 30) for _ in range(4)),
        *(reused(tally, web, "POST", "/visits", 10) for _ in range(2)),
        *(reused(tally, solo, "GET", "/", 25) for _ in range(2)),
        *(fresh(tally, web, "/", 25, "new") for _ in range(4)),
        *(fresh(tally, solo, "/", 15, "new") for _ in range(2)),
        *(fresh(tally, web, f"/slow?seconds={_LONG}", 1, "long") for _ in range(4)),
        one_websocket(tally, web),
        tell(tally),
    ]
    if "api" in spec:
        api = Target(
            address=tuple(spec["api"]["address"]),
            host="localhost",
            authorization=spec["api"]["authorization"],
            tls=True,
        )
        senders.append(api_gap(tally, api, 20))
    sending = asyncio.gather(*senders)
    await steer(tally)
    report = tally.report()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    return report


def main() -> int:
    """Send traffic as the file named on the command line says."""
    spec = json.loads(Path(sys.argv[1]).read_text())
    report = asyncio.run(run(spec))
    sys.stdout.write(json.dumps(report) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
