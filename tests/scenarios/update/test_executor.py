"""An update as two lines of text: what happens to its steps, and what the executor does about it.

``fetch:fail`` makes a step's act fail, ``handoff:crash`` ends the control plane in the middle of
it (another one then starts), ``stage:undo-fail`` makes its undo fail. ``stage:pause`` is a person
who pauses the update while the step is being done, and resumes it a little later;
``stage:call-off`` is one who wants it undone. ``stage:hang`` is an act that would never end. The
answer lists every act in order, with ``|`` where a control plane started anew, and the state that
the update ends in.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from convox.errors import HostError, LeaseLost, Refused
from convox.feed.release import RackRelease
from convox.state import lease, migrate
from convox.state.database import Database
from convox.testing.clock import SimulatedClock
from convox.update import journal
from convox.update.executor import Executor
from convox.update.steps.handoff import TRIAL
from convox.update.steps.step import Effect
from convox.update.update import UpdateEvent, UpdateState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STEPS = ("fetch", "stage", "handoff", "soak", "commit")

SCENARIOS = {
    "all goes well": ("", "fetch stage handoff soak commit = done"),
    "the first step fails": ("fetch:fail", "fetch -fetch = undone"),
    "a late step fails": (
        "soak:fail",
        "fetch stage handoff soak -soak -handoff -stage -fetch = undone",
    ),
    "a step that hangs has failed": (
        "handoff:hang",
        "fetch stage handoff -handoff -stage -fetch = undone",
    ),
    "an undo that hangs has failed, and is tried again": (
        "soak:fail stage:undo-hang",
        "fetch stage handoff soak -soak -handoff -stage -stage -fetch = undone",
    ),
    "a crash in the middle of a step": (
        "stage:crash",
        "fetch stage | stage handoff soak commit = done",
    ),
    "two crashes in one step": (
        "stage:crash stage:crash",
        "fetch stage | stage | stage handoff soak commit = done",
    ),
    "a crash while undoing": (
        "soak:fail stage:undo-crash",
        "fetch stage handoff soak -soak -handoff -stage | -stage -fetch = undone",
    ),
    "a step that cannot be undone for long is tried until it can": (
        "soak:fail" + 12 * " stage:undo-fail",
        "fetch stage handoff soak -soak -handoff" + 13 * " -stage" + " -fetch = undone",
    ),
    "a crash while a step cannot be undone": (
        "soak:fail" + 7 * " stage:undo-fail" + " stage:undo-crash",
        "fetch stage handoff soak -soak -handoff -stage | "
        + " ".join(8 * ["-stage"])
        + " -fetch = undone",
    ),
    "what the new version cannot undo is left to the one before": (
        "soak:fail" + 5 * " soak:undo-fail",
        "fetch stage handoff soak"
        + 5 * " -soak"
        + " -handoff -soak -handoff -stage -fetch = undone",
    ),
    "a step that can be undone at the second attempt": (
        "soak:fail stage:undo-fail",
        "fetch stage handoff soak -soak -handoff -stage -stage -fetch = undone",
    ),
    "a step that is cancelled has not failed": (
        "stage:cancel",
        "fetch stage | stage handoff soak commit = done",
    ),
    "a person pauses it and lets it go on": (
        "stage:pause",
        "fetch stage handoff soak commit = done",
    ),
    "a crash in a paused update": (
        "stage:pause stage:crash",
        "fetch stage | stage handoff soak commit = done",
    ),
    "a step fails in a paused update": (
        "stage:pause stage:fail",
        "fetch stage -stage -fetch = undone",
    ),
    "a person calls it off in the middle of a step": (
        "handoff:call-off",
        "fetch stage handoff -handoff -stage -fetch = undone",
    ),
    "a person calls off what was paused before": (
        "stage:pause soak:call-off",
        "fetch stage handoff soak -soak -handoff -stage -fetch = undone",
    ),
    "a crash before an update that was called off turns back": (
        "stage:call-off-and-crash",
        "fetch stage | -stage -fetch = undone",
    ),
    "a commit that fails is repeated, not undone": (
        "commit:fail commit:fail",
        "fetch stage handoff soak commit commit commit = done",
    ),
}


class Crash(BaseException):
    """The control plane dies."""


@dataclass
class Trouble:
    """What is still to happen, by step and kind, and what was done."""

    opened: Database
    pending: Counter[str]
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    acts: list[str] = field(default_factory=list)
    signs: list[float] = field(default_factory=list)
    """When the keeper was given a sign of life."""

    def strike(self, what: str) -> bool:
        self.pending[what] -= 1
        return self.pending[what] >= 0

    def state(self) -> UpdateState:
        with self.opened.begin() as connection:
            return journal.load(connection, "u1").state

    def note(self, event: UpdateEvent) -> None:
        with self.opened.begin() as connection:
            update = journal.load(connection, "u1")
            journal.record_update(connection, update, event, now=NOW)

    def ask(self, event: UpdateEvent) -> None:
        self.note(event)
        self.asked.set()


@dataclass
class ScriptedStep:
    """Does nothing but to be seen, and to fail when told."""

    name: str
    trouble: Trouble

    @property
    def effects(self):
        return (Effect(name="act", do=self._do, undo=self._undo),)

    async def note(self, hop):
        return {"noted": self.name}

    async def verify(self, hop, facts):
        assert facts == {"noted": self.name}

    async def _do(self, hop, facts):
        assert facts == {"noted": self.name}
        self.trouble.acts.append(self.name)
        await self._meet_person()
        await self._meet_trouble(f"{self.name}:")

    async def _undo(self, hop, facts):
        assert facts == {"noted": self.name}
        self.trouble.acts.append(f"-{self.name}")
        await self._meet_trouble(f"{self.name}:undo-")

    async def _meet_trouble(self, prefix: str) -> None:
        if self.trouble.strike(f"{prefix}crash"):
            raise Crash
        if self.trouble.strike(f"{prefix}cancel"):
            raise asyncio.CancelledError
        if self.trouble.strike(f"{prefix}fail"):
            raise HostError(f"cannot {self.name}: told so")
        if self.trouble.strike(f"{prefix}hang"):
            await self.trouble.clock.sleep(1e6)

    async def _meet_person(self) -> None:
        if self.trouble.strike(f"{self.name}:pause"):
            self.trouble.ask(UpdateEvent.PAUSED)
        if self.trouble.strike(f"{self.name}:call-off"):
            self.trouble.ask(UpdateEvent.CALLED_OFF)
            await self.trouble.clock.sleep(1e6)
        if self.trouble.strike(f"{self.name}:call-off-and-crash"):
            self.trouble.note(UpdateEvent.CALLED_OFF)
            raise Crash


def release(version: str) -> RackRelease:
    return RackRelease(version=version, notes="", surfaces={}, images={}, artifacts=())


def database() -> Database:
    opened = Database("sqlite://")
    migrate.expand(opened)
    return opened


def begin(opened: Database, steps=STEPS, name="u1", now=NOW) -> str:
    with opened.begin() as connection:
        return journal.begin(
            connection,
            id=name,
            origin="1",
            target="2",
            plan={"hops": [{"origin": "1", "target": "2"}]},
            steps=[(0, name) for name in steps],
            now=now,
            asked_by="ann",
        ).id


async def boot(trouble: Trouble) -> bool:
    """Run one control plane; return whether its update has ended, and it has not crashed."""

    async def fallen_back() -> str:
        return "it did not stay up"

    async def alive() -> None:
        trouble.signs.append(trouble.clock.monotonic())
        if trouble.state() is UpdateState.PAUSED:
            trouble.ask(UpdateEvent.RESUMED)

    executor = Executor(
        lease=lease.take(trouble.opened, "test"),
        clock=trouble.clock,
        steps={name: ScriptedStep(name, trouble) for name in STEPS},
        release=release,
        narrate=lambda text: None,
        version="2",
        fallen_back=fallen_back,
        alive=alive,
        wanted=trouble.asked,
    )
    try:
        await executor.carry_out()
    except (Crash, asyncio.CancelledError):
        return False
    return True


async def live(trouble: Trouble) -> None:
    """Start one control plane after another, until the update has ended."""
    while not await boot(trouble):
        trouble.acts.append("|")


def play(script: str) -> str:
    trouble = Trouble(database(), Counter(script.split()))
    begin(trouble.opened)
    asyncio.run(trouble.clock.run(live(trouble)))
    return f"{' '.join(trouble.acts)} = {trouble.state()}"


@pytest.mark.parametrize(("script", "told"), SCENARIOS.values(), ids=SCENARIOS)
def test_the_executor_tells_this_story(script, told):
    assert play(script) == told


def test_the_cause_of_an_undone_update_is_kept():
    trouble = Trouble(database(), Counter(["soak:fail"]))
    begin(trouble.opened)
    asyncio.run(trouble.clock.run(live(trouble)))
    with trouble.opened.begin() as connection:
        assert journal.load(connection, "u1").cause == "soak: cannot soak: told so"


def longest_silence(script: str) -> float:
    trouble = Trouble(database(), Counter(script.split()))
    begin(trouble.opened)
    asyncio.run(trouble.clock.run(live(trouble)))
    assert trouble.state() is UpdateState.DONE
    moments = [0.0, *trouble.signs, trouble.clock.monotonic()]
    return max(after - before for before, after in pairwise(moments))


def test_the_keeper_gets_no_sign_of_life_where_nothing_goes_on():
    assert longest_silence("commit:hang") < TRIAL / 2
    assert longest_silence(4 * "commit:hang ") > TRIAL


def test_a_second_update_is_refused_while_one_runs():
    opened = database()
    begin(opened)
    with pytest.raises(Refused, match="an update to 2 is under way"):
        begin(opened)


def test_the_latest_update_is_the_one_that_was_begun_last_whatever_the_clock_says():
    opened = database()
    begin(opened)
    with opened.begin() as connection:
        first = journal.load(connection, "u1")
        journal.record_update(connection, first, UpdateEvent.STEP_FAILED, now=NOW)
        turned = journal.load(connection, "u1")
        journal.record_update(connection, turned, UpdateEvent.ALL_UNDONE, now=NOW)
    begin(opened, name="u2", now=NOW - timedelta(hours=1))
    with opened.begin() as connection:
        assert journal.latest(connection).id == "u2"


def test_an_updater_that_was_overtaken_does_nothing():
    opened = database()
    begin(opened)
    overtaken = lease.take(opened, "slow")
    lease.take(opened, "new")
    with pytest.raises(LeaseLost):
        overtaken.check()
    with opened.begin() as connection:
        assert journal.load(connection, "u1").is_active
