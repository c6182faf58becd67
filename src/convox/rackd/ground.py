"""What a rack stands on: the parts that know the machine, of which one is chosen here."""

import sys
from dataclasses import dataclass
from pathlib import Path

from convox.audit.anchor import Anchor
from convox.components.running import RunningComponents
from convox.control.places import Places
from convox.control.rack_log import RackLog
from convox.engine.local import images
from convox.engine.local.engine import LocalEngine
from convox.feed.fetch import FeedClient
from convox.feed.here import here
from convox.feed.release import RackRelease, image_archive
from convox.feed.store import Store
from convox.host.clock import Clock, SystemClock
from convox.host.users import find_user, knows_user
from convox.resources.servers import ResourceServers
from convox.router.certificate import Certificates
from convox.router.haproxy import HaproxyRouter
from convox.router.haproxy_config import Settings
from convox.state.database import Database
from convox.state.rackfile import RackFile
from convox.update.keeper_client import KeeperClient
from convox.update.slots import Slots

ENGINE = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a rack stands on: the parts that know the machine."""

    home: Path
    facts: RackFile
    slot: str
    clock: Clock
    engine: LocalEngine
    router: HaproxyRouter
    resources: ResourceServers
    components: RunningComponents
    store: Store
    feed: FeedClient
    slots: Slots
    keeper: KeeperClient
    log: RackLog
    places: Places

    def unpack_image(self, release: RackRelease) -> str:
        """Put what the release's instances boot from where they find it; return the image's id."""
        name = image_archive(ENGINE)
        archive = next(part for part in release.artifacts if part.name == name)
        return images.unpack(self.store.path(archive.sha256), self.home / "images")


def ground(home: Path, facts: RackFile, slot: str) -> Ground:
    """Return the parts that know the machine; none of them has touched it yet."""
    clock = SystemClock()
    store = Store(home / "store")
    return Ground(
        home=home,
        facts=facts,
        slot=slot,
        clock=clock,
        engine=LocalEngine(home=home, python=base_python(), app_user=facts.app_user, clock=clock),
        router=haproxy(home, facts, clock),
        resources=ResourceServers(home=home, user=facts.app_user, clock=clock),
        components=RunningComponents(home=home, clock=clock),
        store=store,
        feed=FeedClient(facts.feed, home / "feed", store, platform=here()),
        slots=Slots(home / "slots", store),
        keeper=KeeperClient(socket=home / "run" / "keeper.sock"),
        log=RackLog(path=home / "logs" / "rack.log", clock=clock),
        places=Places(home=home),
    )


def anchor_of(parts: Ground, database: Database) -> Anchor:
    """Return what keeps the head of the rack's history."""
    return Anchor(parts.home / "state" / "audit.head", database, parts.log.say)


def haproxy(home: Path, facts: RackFile, clock: Clock) -> HaproxyRouter:
    """Return the router of a rack."""
    user = find_user(_router_user(facts.app_user)) if facts.app_user else None
    settings = Settings(
        directory=home / "router",
        listen=facts.listen,
        http_port=facts.http_port,
        https_port=facts.https_port,
        api_port=facts.api_port,
        api_socket=home / "run" / "api.sock",
        runs_as=(user.pw_uid, user.pw_gid) if user else None,
    )
    certificates = Certificates(home / "router", domain=facts.domain, address=facts.listen)
    return HaproxyRouter(settings, certificates, clock)


def _router_user(app_user: str) -> str:
    """Prefer HAProxy's own user: what runs as the apps' user could be ended by any app."""
    own = "haproxy"
    return own if knows_user(own) else app_user


def base_python() -> Path:
    """Return the machine's Python, which stays when a slot goes."""
    return Path(getattr(sys, "_base_executable", sys.executable))
