"""A real HAProxy on free ports, in a directory of its own, ended with everything it started."""

import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from convox.host.clock import SystemClock
from convox.router.certificate import Certificates
from convox.router.haproxy import HaproxyRouter
from convox.router.haproxy_config import Settings
from convox.router.route import Route, RouteTable, Target
from convox.testing import requests
from convox.testing.ports import free_port

DOMAIN = "dev.localhost"


@dataclass(frozen=True, slots=True)
class Running:
    """A router and how to reach what is behind it."""

    router: HaproxyRouter
    settings: Settings

    def at(self, host: str) -> requests.Target:
        return requests.Target(address=("127.0.0.1", self.settings.http_port), host=host)

    def over_tls(self, host: str) -> requests.Target:
        address = ("127.0.0.1", self.settings.https_port)
        return requests.Target(address=address, host=host, tls=True)

    def api(self) -> requests.Target:
        address = ("127.0.0.1", self.settings.api_port)
        return requests.Target(address=address, host="localhost", tls=True)

    def another(self) -> HaproxyRouter:
        """Return what a control plane has that starts now."""
        return router_for(self.settings)

    def accepting(self) -> int:
        pid = self.router._workers.accepting()
        assert pid
        return pid.number

    def finishing(self) -> int:
        return len(self.router._workers.finishing())


def router_for(settings: Settings) -> HaproxyRouter:
    certificates = Certificates(settings.directory, domain=DOMAIN, address=settings.listen)
    return HaproxyRouter(settings, certificates, SystemClock())


def settings_in(directory: Path, runs_as: tuple[int, int] | None) -> Settings:
    (directory / "run").mkdir(exist_ok=True)
    return Settings(
        directory=directory / "router",
        listen="127.0.0.1",
        http_port=free_port(),
        https_port=free_port(),
        api_port=free_port(),
        api_socket=directory / "run" / "api.sock",
        runs_as=runs_as,
    )


@asynccontextmanager
async def running(runs_as: tuple[int, int] | None = None) -> AsyncIterator[Running]:
    directory = Path(tempfile.mkdtemp(dir="/tmp", prefix="router-"))
    directory.chmod(0o711)
    settings = settings_in(directory, runs_as)
    router = router_for(settings)
    try:
        await router.start()
        yield Running(router, settings)
    finally:
        await router.stop()
        shutil.rmtree(directory)


def table(
    *targets: Target, draining: Sequence[Target] = (), sticky: bool = False, name: str = "hello/web"
) -> RouteTable:
    """Return a table with one service, reached as ``web.hello.dev.localhost``."""
    return RouteTable(
        routes={name: route(name, *targets, sticky=sticky)},
        draining={name: tuple(draining)} if draining else {},
    )


def route(name: str, *targets: Target, sticky: bool = False) -> Route:
    app, _, service = name.partition("/")
    host = f"{service}.{app}.{DOMAIN}"
    return Route(name=name, hosts=(host,), targets=targets, sticky=sticky)


WEB = f"web.hello.{DOMAIN}"


def nobody() -> tuple[int, int] | None:
    """Return whom HAProxy runs as: somebody without rights, where we may choose."""
    entry = pwd.getpwnam("nobody")
    return (entry.pw_uid, entry.pw_gid) if os.geteuid() == 0 else None
