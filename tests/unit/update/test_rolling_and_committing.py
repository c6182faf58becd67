"""The steps that roll and that commit, where they wait, are held, or are done again."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from convox.errors import HostError
from convox.feed.release import RackRelease, Surface
from convox.notices import outbox, receivers
from convox.notices.notice import NoticeKind
from convox.notices.receiver import Receiver, ReceiverForm
from convox.rollout.blockers import Blocker
from convox.rollout.progress import Roll
from convox.state import lease, migrate
from convox.state.schema import rack_releases
from convox.testing.clock import SimulatedClock
from convox.update import journal
from convox.update.failpoints import pass_by
from convox.update.performing import perform
from convox.update.steps.commit import Commit
from convox.update.steps.instances import RollInstances
from convox.update.steps.step import HopInHand
from convox.update.survey import ServiceHealth, Survey

PATIENCE = 30  # seconds
FIRST = Blocker(
    what="web-1 of app shop is the first on a new instance and has to serve for 20 s",
    since=datetime(2026, 1, 15, 12, tzinfo=UTC),
    remedy="wait for it",
)


def release(version: str) -> RackRelease:
    form = Surface(reads=frozenset({1}), writes=frozenset({1}))
    images = {"local": f"img-{version}"}
    return RackRelease(
        version=version, notes="", surfaces={"state": form}, images=images, artifacts=()
    )


OPS = Receiver(name="ops", form=ReceiverForm.WEBHOOK, address="https://example.com")
HOP = HopInHand(update="U1", origin=release("1"), target=release("2"))


@dataclass
class Stuck:
    """A roll in whose way something is, until ``ends``; a person holds it until ``held_until``."""

    clock: SimulatedClock
    ends: float
    held_until: float = 0.0
    goes_on: bool = False
    soaks_until: float = 0.0
    serves: bool = True
    """What soaks does its work meanwhile."""
    ill: tuple[float, float] = (0.0, 0.0)
    """From when on, and until when, a page is not to be had."""
    told: list[str] = field(default_factory=list)
    kept: list[Survey] = field(default_factory=list)

    def progress(self) -> Roll:
        is_done = self.clock.monotonic() >= self.ends
        soaks = self.clock.monotonic() < self.soaks_until
        return Roll(
            ready=int(is_done),
            wanted=1,
            is_done=is_done,
            blocker="web-1 is in use",
            goes_on=self.goes_on or (soaks and self.serves),
            soaking=(FIRST,) if soaks else (),
        )

    async def survey(self) -> Survey:
        begins, ends = self.ill
        page = 500 if begins <= self.clock.monotonic() < ends else 200
        return Survey(services={"shop/web": ServiceHealth(healthy=1, desired=1, page=page)})

    def step(self, held: lease.Lease) -> RollInstances:
        return RollInstances(
            engine="local",
            wake=lambda: None,
            progress=self.progress,
            lease=held,
            clock=self.clock,
            narrate=self.told.append,
            held=lambda: self.clock.monotonic() < self.held_until,
            survey=self.survey,
            keep=lambda _, seen: self.kept.append(seen),
            patience=PATIENCE,
        )


def begin(connection: sa.Connection, now: datetime) -> None:
    journal.begin(
        connection,
        id=HOP.update,
        origin="1",
        target="2",
        plan={"hops": [{"origin": "1", "target": "2"}]},
        steps=[(0, "instances")],
        now=now,
        asked_by="ann",
    )


def notices(database, stuck: Stuck) -> list[str]:
    with database.look() as connection:
        found = outbox.due(connection, stuck.clock.now())
    return [each.notice.text for each in found if each.notice.kind == NoticeKind.NEEDS_YOU]


def roll(database, stuck: Stuck) -> str:
    """Return why the roll was given up; empty where it was not."""
    migrate.expand(database)
    step = stuck.step(lease.take(database, holder="2"))
    with database.begin() as connection:
        receivers.add(connection, OPS, now=stuck.clock.now())
        begin(connection, stuck.clock.now())

    async def attempt() -> str:
        try:
            await perform(step, HOP, {"image": "img-1"}, pass_by)
        except HostError as error:
            return str(error)
        return ""

    return asyncio.run(stuck.clock.run(attempt()))


def test_a_roll_is_given_up_with_what_is_in_its_way_after_a_while(database):
    stuck = Stuck(SimulatedClock(), ends=PATIENCE + 15)
    assert roll(database, stuck) == "cannot roll the instances to img-2: web-1 is in use"


def test_what_a_roll_waits_for_is_told_once(database):
    stuck = Stuck(SimulatedClock(), ends=PATIENCE - 15)
    assert not roll(database, stuck)
    assert stuck.told.count("instances wait: web-1 is in use") == 1


def test_people_are_told_of_what_holds_a_roll_up_while_there_is_time_to_act(database):
    stuck = Stuck(SimulatedClock(), ends=PATIENCE - 5)
    assert not roll(database, stuck)
    assert notices(database, stuck) == ["the update to 2 is held up: web-1 is in use"]


def test_nobody_is_told_of_what_is_over_soon_or_is_wanted(database):
    stuck = Stuck(SimulatedClock(), held_until=PATIENCE, ends=PATIENCE + 5)
    assert not roll(database, stuck)
    assert notices(database, stuck) == []


def test_the_time_for_which_a_person_holds_a_roll_does_not_count(database):
    assert not roll(database, Stuck(SimulatedClock(), held_until=PATIENCE, ends=PATIENCE + 15))


def test_the_time_for_which_a_stream_holds_a_roll_up_does_not_count(database):
    stuck = Stuck(SimulatedClock(), ends=PATIENCE + 15, goes_on=True)
    assert not roll(database, stuck)
    assert stuck.told.count("instances wait: web-1 is in use") == 1


def test_what_moved_first_may_take_its_time_to_prove_itself_and_is_told_once(database):
    stuck = Stuck(SimulatedClock(), ends=PATIENCE + 15, soaks_until=PATIENCE + 10)
    assert not roll(database, stuck)
    assert stuck.told.count(FIRST.what) == 1
    assert len(stuck.kept) > PATIENCE


def test_a_roll_is_given_up_when_what_moved_first_never_serves(database):
    stuck = Stuck(SimulatedClock(), ends=1e6, soaks_until=1e6, serves=False)
    assert roll(database, stuck) == "cannot roll the instances to img-2: web-1 is in use"


def test_a_roll_is_given_up_when_a_page_is_ill_while_the_first_proves_itself(database):
    stuck = Stuck(SimulatedClock(), ends=25, soaks_until=20, ill=(2, 20))
    expected = "cannot roll on after the first: the page of service shop/web answers 500"
    assert roll(database, stuck) == expected


def test_a_page_that_is_ill_for_a_moment_stops_no_roll(database):
    assert not roll(database, Stuck(SimulatedClock(), ends=25, soaks_until=20, ill=(2, 9)))


class Agreeing:
    """A keeper that commits whatever it is asked to."""

    async def commit(self, slot: str) -> None:
        """Say nothing."""


async def nothing(*_: object) -> None:
    """Renew or prune nothing."""


def test_a_commit_that_is_done_again_counts_once(database):
    migrate.expand(database)
    step = Commit(
        keeper=Agreeing(),
        lease=lease.take(database, holder="2"),
        clock=SimulatedClock(),
        renew_keeper=nothing,
        prune=nothing,
    )
    for _ in range(2):
        asyncio.run(perform(step, HOP, {}, pass_by))
    with database.look() as connection:
        assert connection.execute(sa.select(rack_releases.c.version)).scalars().all() == ["2"]
