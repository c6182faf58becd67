"""One history: a script is played on a rack, and what must hold is checked whenever time passes."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tests.simulation.invariants import (
    check_always,
    check_moves,
    check_requests,
    check_rest,
    check_status,
    is_at_rest,
)
from tests.simulation.script import Event, Script, Shape

from convox.errors import FeedError, HostError, LeaseLost, StateError, UserError
from convox.feed.release import Artifact
from convox.rollout.instance import InstancePhase
from convox.router.route import RouteTable
from convox.testing.program import Behaviour
from convox.testing.simulation import virtual
from convox.testing.simulation.flaws import Flaw
from convox.testing.simulation.rack import SimulatedRack
from convox.testing.simulation.records import Records
from convox.testing.simulation.strikes import Kind, Strike
from convox.update.update import UpdateState

_REST = 4000.0  # seconds in which a rack must come to rest that is left alone
_LOOK = 5.0  # seconds between two looks whether it has
_PERSON = "ann"
_TOLD = ("facts", "instances", "processes", "update_steps", "updates")
"""The tables that a status follows from."""
_BEHAVIOURS = {
    "well": Behaviour(),
    "slow": Behaviour(healthy_after=6, stop_takes=3),
    "crashing": Behaviour(crash_after=0.5),
    "never": Behaviour(healthy_after=None),
}


@dataclass(slots=True)
class Outcome:
    """What is known of a history that was played."""

    struck: Counter[Strike] = field(default_factory=Counter)
    updates: Counter[str] = field(default_factory=Counter)
    """How many ended how."""


class History:
    """Plays a script."""

    def __init__(self, records: Records, shape: Shape, script: Script, seed: int) -> None:
        first, *others = shape.releases
        self.shape, self.script = shape, script
        self.dice = random.Random(f"play {seed}")
        self.rack = SimulatedRack(
            records, first, others, seed=seed, pace=shape.pace, count=shape.count
        )
        self.rack.ground.open_for = shape.open_for
        self.outcome = Outcome()
        self.is_watched = False
        self.seen: object = None
        self.recorded: object = None
        self.left_alone: RouteTable | None = None
        """What the router knew when it could not be told any more."""
        self._verbs: Mapping[str, Callable[..., None]] = {
            "strike": self.strike,
            "flaw": self.flaw,
            "pause": lambda: self.steer("pause"),
            "resume": lambda: self.steer("resume"),
            "cancel": lambda: self.steer("cancel"),
            "kill-rackd": self.kill_rackd,
            "kill-keeper": self.rack.kill_keeper,
            "power": self.rack.kill_all,
            "outage": self.cut_power,
            "publish": self.publish,
            "withdraw": self.withdraw,
            "freeze": self.freeze,
            "full": self.fill,
            "feed": self.reach_feed,
            "deploy": self.deploy,
            "scale": lambda app, count: self.rack.scale(app, "web", int(count)),
            "crash": self.crash,
            "kill-instance": self.kill_instance,
            "retire": self.retire,
            "resize": lambda count: self.rack.resize(int(count)),
            "silent": self.silence,
            "refuse": self.refuse,
            "flap": self.flap,
            "router": self.cut_router,
            "clock": self.set_clock,
        }

    def play(self) -> Outcome:
        """Play to the end; an ``AssertionError`` says which promise was broken."""
        virtual.run(self._live(), at_rest=self._watch)
        self.outcome.struck = self.rack.ground.strikes.struck
        return self.outcome

    async def _live(self) -> None:
        rack = self.rack
        async with rack.tasks:
            rack.start()
            for app, services in self.shape.apps.items():
                rack.deploy(app, services, _BEHAVIOURS["well"])
            await self.come_to_rest()
            rack.boots_slowly()
            self.is_watched = True
            for event in self.script.events:
                await rack.ground.clock.sleep(event.gap)
                await self._happen(event)
            self.lift()
            await self.come_to_rest()
            if not self.is_broken_for_good():
                check_rest(self.rack)
                if self.script.is_calm:
                    check_moves(self.rack)
            self.outcome.updates.update(rack.outcomes())
            self.is_watched = False
            rack.kill_all()

    async def _happen(self, event: Event) -> None:
        verb, *words = event.words
        self.rack.ground.say(f"-- {event}")
        if verb in {"update", "undo"}:
            await self.update(verb, *words)
        else:
            self._verbs[verb](*words)
        self.rack.ground.ledger.changes += 1
        self.check_status()

    async def update(self, verb: str, *words: str) -> None:
        """Ask for an update, or to go back; where it is refused, nothing has changed."""
        acting, before = self.rack.api(), self.rack.holdings()
        if acting is None or acting.updates is None:
            return
        is_new = self.rack.update() is None or not self.rack.update().is_active
        try:
            if verb == "undo":
                await acting.updates.undo(consents=True, asked_by=_PERSON)
            else:
                await acting.updates.start(
                    None, through="through" in words, consents=True, asked_by=_PERSON
                )
        except (UserError, FeedError, StateError, HostError, OSError) as error:
            self.rack.ground.say(f"refused: {error}")
            assert self.rack.holdings() == before, "a refused update changes nothing"
        else:
            self.rack.committed = before if is_new else self.rack.committed

    def steer(self, verb: str) -> None:
        """Have a person pause, resume or cancel what runs."""
        acting = self.rack.api()
        if acting is None or acting.updates is None:
            return
        try:
            getattr(acting.updates, verb)(asked_by=_PERSON)
        except (UserError, LeaseLost, OSError) as error:
            self.rack.ground.say(f"refused: {error}")

    def strike(self, point: str, kind: str) -> None:
        self.rack.ground.strikes.arm(Strike(point, Kind(kind)))

    def flaw(self, version: str, flaw: str) -> None:
        """Have a release be broken."""
        ground = self.rack.ground
        if version not in ground.feed.documents:
            return
        release = ground.feed.documents[version]
        if flaw == "idle-component":
            ground.components.idle |= set(release.components) - {"meter-1"}
        elif flaw == "dead-image":
            ground.engine.dead_images |= set(release.images.values()) - {"img-1"}
        else:
            ground.flaws[version] = frozenset({Flaw(flaw)})

    def kill_rackd(self) -> None:
        running = list(self.rack.rackds.values())
        if running:
            self.dice.choice(running).kill()

    def cut_power(self) -> None:
        """Have everything end at once, the instances with all that runs on them."""
        self.rack.kill_all()
        for instance in self.rack.ground.engine.there():
            self.rack.ground.engine.kill(instance)

    def publish(self, version: str, supersedes: str) -> None:
        """Have a release published in the place of another one."""
        feed = self.rack.ground.feed
        if supersedes in feed.documents and version not in feed.documents:
            document = replace(
                feed.documents[supersedes],
                version=version,
                artifacts=(Artifact(name="slot", size=1, sha256=f"slot {version}"),),
            )
            feed.publish(document, supersedes=supersedes)

    def withdraw(self, version: str) -> None:
        """Have a release withdrawn, for racks not to use it any more."""
        feed = self.rack.ground.feed
        entry = feed.index.find(version)
        if entry is not None:
            feed.index = feed.index.put(replace(entry, withdrawn="it is broken"))

    def freeze(self) -> None:
        acting = self.rack.api()
        if acting is not None:
            acting.stand_still(self.dice.choice((5.0, 40.0, 150.0)))

    def fill(self, state: str) -> None:
        self.rack.ground.disk.is_full = state == "on"

    def reach_feed(self, state: str) -> None:
        self.rack.ground.feed.is_reachable = state == "on"

    def deploy(self, app: str, behaviour: str) -> None:
        self.rack.deploy(app, self.shape.apps[app], _BEHAVIOURS[behaviour])

    def crash(self) -> None:
        running = self.rack.ground.engine.running()
        if running:
            self.rack.ground.engine.crash(self.dice.choice(running).id)

    def flap(self) -> None:
        """Have a process not be healthy for a while."""
        engine = self.rack.ground.engine
        healthy = engine.healthy()
        if healthy:
            engine.change(self.dice.choice(healthy).id, Behaviour(healthy_after=8))

    def kill_instance(self) -> None:
        ready = [item.id for item in self.rack.instances() if item.phase is InstancePhase.READY]
        if ready:
            self.rack.ground.engine.kill(self.dice.choice(ready))

    def retire(self) -> None:
        found = self.rack.instances()
        if found:
            self.rack.retire(self.dice.choice(found).id)

    def silence(self, state: str) -> None:
        self.rack.ground.engine.silent = state == "on"

    def refuse(self) -> None:
        self.rack.ground.engine.refusals += 2

    def cut_router(self, state: str) -> None:
        router = self.rack.ground.router
        router.is_down = state == "off"
        self.left_alone = router.table if router.is_down else self.left_alone

    def set_clock(self, seconds: str) -> None:
        self.rack.ground.wall.offset += float(seconds)

    def lift(self) -> None:
        """End everything that holds the rack up; from here on nobody helps it."""
        ground = self.rack.ground
        ground.strikes.pending.clear()
        ground.disk.is_full = ground.router.is_down = ground.engine.silent = False
        ground.feed.is_reachable = True
        ground.engine.refusals = 0
        self.steer("resume")

    def is_broken_for_good(self) -> bool:
        """Say whether a release was committed that stalls only now: then no update is under way."""
        return Flaw.STALLS in self.rack.ground.flaws.get(self.rack.holdings().version, frozenset())

    async def come_to_rest(self) -> None:
        """Let time pass until nothing moves; whoever paused an update lets it go on."""
        clock = self.rack.ground.clock
        until = clock.monotonic() + _REST
        while not (is_at_rest(self.rack) or self.is_broken_for_good()):
            assert clock.monotonic() < until, "does not come to rest"
            update = self.rack.update()
            if update is not None and update.state is UpdateState.PAUSED:
                self.steer("resume")
            self.check_status()
            await clock.sleep(_LOOK)

    def check_status(self) -> None:
        """Ask the rack how it is, where that can have changed."""
        recorded = self.rack.records.database.only.written(_TOLD)
        if recorded != self.recorded:
            check_status(self.rack)
        self.recorded = recorded

    def _watch(self) -> None:
        seen = self.rack.ground.changes(), self.rack.ground.coming()
        if self.is_watched and seen != self.seen:
            self.is_watched = False  # what is broken is told once
            if self.rack.ground.router.table is not self.left_alone:
                check_requests(self.rack)
            check_always(self.rack, is_calm=self.script.is_calm)
            self.is_watched, self.seen = True, seen
