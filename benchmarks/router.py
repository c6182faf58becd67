"""The router with our configuration against the same HAProxy configured by hand."""

import asyncio
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import load
from benchmarks.ground import Ground
from benchmarks.result import Result
from benchmarks.rounds import interleaved
from convox.host.clock import SystemClock
from convox.host.ports import is_free
from convox.router.certificate import Certificates
from convox.router.haproxy import HaproxyRouter
from convox.router.haproxy_config import Settings
from convox.router.route import Route, RouteTable, Target
from convox.testing.ports import free_port

_ROUNDS = 15
_SECONDS = 0.3
_HOST = "web.hello.dev.localhost"
_OURS, _BY_HAND, _NONE = "the rack's router", "HAProxy by hand", "no router"

Load = Callable[[int, str, float], float]
_KINDS: Mapping[str, Load] = {
    "pipelined": load.pipelined,
    "in turn": load.in_turn,
    "new": load.fresh,
}

# What answers is a third HAProxy: nothing of Python is as fast as what is measured.
_ORIGIN = """\
defaults
    mode http
    timeout client 1m
frontend origin
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain string hello
"""

_MINIMAL = """\
defaults
    mode http
    timeout connect 3s
    timeout client 1m
    timeout server 1m
frontend http
    bind 127.0.0.1:{port}
    default_backend app
backend app
    server s1 127.0.0.1:{origin}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Something that answers on a port."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """Requests a second, and the microseconds of processor time that each took the server."""

    rate: float
    cpu: float


def measure(_: Ground) -> Result:
    """Put the same load on both, and on what they lead to."""
    directory = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with _haproxy(directory / "origin.cfg", _ORIGIN) as origin:
            minimal = _MINIMAL.replace("{origin}", str(origin.port))
            with (
                _haproxy(directory / "by-hand.cfg", minimal) as by_hand,
                _rack_router(directory, origin.port) as ours,
            ):
                servers = {_BY_HAND: by_hand, _OURS: ours, _NONE: origin}
                return _result({name: _shots(servers, kind) for name, kind in _KINDS.items()})
    finally:
        shutil.rmtree(directory)


def _shots(servers: Mapping[str, Server], kind: Load) -> Mapping[str, Sequence[Shot]]:
    shoot = {name: partial(_shoot, server, kind) for name, server in servers.items()}
    return interleaved(shoot, _ROUNDS)


def _shoot(server: Server, kind: Load) -> Shot:
    before, began = _cpu(server.pid), time.perf_counter()
    rate = kind(server.port, _HOST, _SECONDS)
    requests = rate * (time.perf_counter() - began)
    return Shot(rate=rate, cpu=(_cpu(server.pid) - before) / requests * 1e6)


def _result(kinds: Mapping[str, Mapping[str, Sequence[Shot]]]) -> Result:
    rows = []
    for name, shots in kinds.items():
        rates = {who: [shot.rate for shot in found] for who, found in shots.items()}
        costs = {who: [shot.cpu for shot in found] for who, found in shots.items()}
        rows.append(_row(f"{name}, requests/s", rates, "{:,.0f}"))
        rows.append(_row(f"{name}, µs of CPU a request", costs, "{:.1f}"))
    return Result(
        title="The router against the same HAProxy configured by hand",
        how=(
            "`HaproxyRouter` with its configuration as a rack has it (host map, forwarded headers,"
            " retries, succession, slots) against one frontend and one backend. Both lead to a"
            " third HAProxy that answers at once. Our load generator on plain sockets:"
            f" {load.CONNECTIONS} kept connections with {load.DEPTH} requests under way on each"
            " (pipelined); one kept connection, request after request (in turn); a new connection"
            f" for each request (new). {_ROUNDS} interleaved rounds of {_SECONDS} s; medians, and"
            " the median of the ratios of each round."
        ),
        header=["", _BY_HAND, _OURS, "ratio", _NONE],
        rows=rows,
        reading=(
            "Client, router and origin share the machine's processors, so the processor time a"
            " request is the figure that says most: it is the router's own. The rates of one"
            " connection depend on where the scheduler puts HAProxy's threads, and on a machine"
            " with other work they vary severalfold from run to run; trust them on an idle one"
            " only."
        ),
    )


def _row(name: str, values: Mapping[str, Sequence[float]], form: str) -> list[str]:
    by_hand, ours, none = (form.format(median(values[who])) for who in (_BY_HAND, _OURS, _NONE))
    pairs = zip(values[_OURS], values[_BY_HAND], strict=True)
    return [name, by_hand, ours, f"{median(our / their for our, their in pairs):.2f}", none]


@contextmanager
def _haproxy(file: Path, text: str) -> Iterator[Server]:
    port = free_port()
    file.write_text(text.replace("{port}", str(port)))
    process = subprocess.Popen(["haproxy", "-q", "-db", "-f", str(file)])
    try:
        while is_free("127.0.0.1", port):
            if process.poll() is not None:
                raise RuntimeError(f"HAProxy does not run with {file}")
            time.sleep(0.05)
        yield Server(port=port, pid=process.pid)
    finally:
        process.kill()
        process.wait()


@contextmanager
def _rack_router(directory: Path, origin: int) -> Iterator[Server]:
    settings = Settings(
        directory=directory / "router",
        listen="127.0.0.1",
        http_port=free_port(),
        https_port=free_port(),
        api_port=free_port(),
        api_socket=directory / "api.sock",
    )
    certificates = Certificates(settings.directory, domain="dev.localhost", address="127.0.0.1")
    router = HaproxyRouter(settings, certificates, SystemClock())
    target = Target(id="web-aaaaaa", host="127.0.0.1", port=origin)
    route = Route(name="hello/web", hosts=(_HOST,), targets=(target,))
    try:
        asyncio.run(router.apply(RouteTable(routes={route.name: route})))
        yield Server(port=settings.http_port, pid=_pid(settings.admin))
    finally:
        asyncio.run(router.stop())


def _pid(admin: Path) -> int:
    """Ask HAProxy for its process id (management guide, ``show info``)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(admin))
        connection.sendall(b"show info\n")
        with connection.makefile() as answer:
            found = re.search(r"^Pid: (\d+)$", answer.read(), re.MULTILINE)
    if found is None:
        raise RuntimeError("HAProxy does not say which process it is")
    return int(found[1])


def _cpu(pid: int) -> float:
    """Return the processor time of a process so far, in seconds (proc(5), schedstat)."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
