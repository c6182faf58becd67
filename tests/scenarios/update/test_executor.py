"""An update as two lines of text: what happens to its steps, and what the executor does about it.

``fetch:fail`` makes a step's act fail, ``handoff:crash`` ends the control plane in the middle of
it (another one then starts), ``stage:undo-fail`` makes its undo fail. The answer lists every act in
order, with ``|`` where a control plane started anew, and the state that the update ends in.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from convox.errors import HostError, LeaseLost, Refused
from convox.feed.release import RackRelease
from convox.state import lease, migrate
from convox.state.database import Database
from convox.update import journal
from convox.update.executor import Executor

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STEPS = ("fetch", "stage", "handoff", "soak", "commit")

SCENARIOS = {
    "all goes well": ("", "fetch stage handoff soak commit = done"),
    "the first step fails": ("fetch:fail", "fetch -fetch = undone"),
    "a late step fails": (
        "soak:fail",
        "fetch stage handoff soak -soak -handoff -stage -fetch = undone",
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
    "a step that cannot be undone": (
        "soak:fail" + 5 * " stage:undo-fail",
        "fetch stage handoff soak -soak -handoff" + 5 * " -stage" + " = failed",
    ),
    "a step that can be undone at the second attempt": (
        "soak:fail stage:undo-fail",
        "fetch stage handoff soak -soak -handoff -stage -stage -fetch = undone",
    ),
    "a step that is cancelled has not failed": (
        "stage:cancel",
        "fetch stage | stage handoff soak commit = done",
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

    pending: Counter[str]
    acts: list[str] = field(default_factory=list)

    def strike(self, what: str) -> bool:
        self.pending[what] -= 1
        return self.pending[what] >= 0


@dataclass
class ScriptedStep:
    """Does nothing but to be seen, and to fail when told."""

    name: str
    trouble: Trouble

    async def note(self, hop):
        return {"noted": self.name}

    async def do(self, hop, facts):
        assert facts == {"noted": self.name}
        self._act(self.name, self.name)

    async def verify(self, hop, facts):
        assert facts == {"noted": self.name}

    async def undo(self, hop, facts):
        assert facts == {"noted": self.name}
        self._act(f"-{self.name}", f"{self.name}:undo")

    def _act(self, act: str, prefix: str) -> None:
        separator = "-" if ":" in prefix else ":"
        self.trouble.acts.append(act)
        if self.trouble.strike(f"{prefix}{separator}crash"):
            raise Crash
        if self.trouble.strike(f"{prefix}{separator}cancel"):
            raise asyncio.CancelledError
        if self.trouble.strike(f"{prefix}{separator}fail"):
            raise HostError(f"cannot {act}: told so")


class InstantClock:
    def now(self):
        return NOW

    def monotonic(self):
        return 0.0

    async def sleep(self, seconds):
        del seconds


def release(version: str) -> RackRelease:
    return RackRelease(version=version, notes="", surfaces={}, images={}, artifacts=())


def database() -> Database:
    opened = Database("sqlite://")
    migrate.expand(opened)
    return opened


def begin(opened: Database, steps=STEPS) -> str:
    with opened.begin() as connection:
        return journal.begin(
            connection,
            id="u1",
            origin="1",
            target="2",
            plan={"hops": [{"origin": "1", "target": "2"}]},
            steps=[(0, name) for name in steps],
            now=NOW,
        ).id


async def boot(opened: Database, trouble: Trouble) -> None:
    """Run one control plane until its update has ended or it crashes."""

    async def fallen_back() -> str:
        return "it did not stay up"

    executor = Executor(
        lease=lease.take(opened, "test"),
        clock=InstantClock(),
        steps={name: ScriptedStep(name, trouble) for name in STEPS},
        release=release,
        narrate=lambda text: None,
        version="2",
        fallen_back=fallen_back,
    )
    await executor.carry_out()


def play(script: str) -> str:
    opened, trouble = database(), Trouble(Counter(script.split()))
    begin(opened)
    while True:
        try:
            asyncio.run(boot(opened, trouble))
            break
        except (Crash, asyncio.CancelledError):
            trouble.acts.append("|")
    with opened.begin() as connection:
        state = journal.load(connection, "u1").state
    return f"{' '.join(trouble.acts)} = {state}"


@pytest.mark.parametrize(("script", "told"), SCENARIOS.values(), ids=SCENARIOS)
def test_the_executor_tells_this_story(script, told):
    assert play(script) == told


def test_the_cause_of_an_undone_update_is_kept():
    opened = database()
    begin(opened)
    asyncio.run(boot(opened, Trouble(Counter(["soak:fail"]))))
    with opened.begin() as connection:
        assert journal.load(connection, "u1").cause == "soak: cannot soak: told so"


def test_a_second_update_is_refused_while_one_runs():
    opened = database()
    begin(opened)
    with pytest.raises(Refused, match="an update to 2 is updating"):
        begin(opened)


def test_an_updater_that_was_overtaken_does_nothing():
    opened, trouble = database(), Trouble(Counter())
    begin(opened)
    overtaken = lease.take(opened, "slow")
    lease.take(opened, "new")
    with pytest.raises(LeaseLost):
        overtaken.check()
    assert trouble.acts == []
    with opened.begin() as connection:
        assert journal.load(connection, "u1").is_active
