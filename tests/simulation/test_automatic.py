"""A whole rack that updates itself, in virtual time: nobody asks for anything."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from convox.control.automatic.action import Reason
from convox.control.automatic.policy import AUTOMATIC
from convox.state.schema import parameters
from convox.testing.program import Behaviour
from convox.testing.rollout import service
from convox.testing.simulation import virtual
from convox.testing.simulation.feed import release
from convox.testing.simulation.flaws import Flaw
from convox.testing.simulation.rack import SimulatedRack
from convox.testing.simulation.records import Records

A, B, C, D, E = (f"2026010100000{number}" for number in range(5))
_RECORDS = Records()
_LONG = 600.0  # seconds, in which much could have happened


def lineage():
    """A, then B which is required, then C and D which drops what B brought beside."""
    return [
        release(A, state=((1,), (1,)), image="img-1"),
        release(B, state=((1, 2), (1, 2)), image="img-1"),
        release(C, state=((1, 2), (1, 2)), image="img-2"),
        release(D, state=((2,), (2,)), image="img-2"),
    ]


def rack(seed: int = 7, **more: str) -> SimulatedRack:
    first, *others = lineage()
    made = SimulatedRack(_RECORDS, first, others, seed=seed)
    made.ground.updates_itself = True
    put(made, **{"UpdateDelay": "0", "UpdateInterval": "10s", **more})
    return made


def put(made: SimulatedRack, **values: str) -> None:
    with made.ground.database.begin() as connection:
        for key, value in values.items():
            connection.execute(parameters.delete().where(parameters.c.key == key))
            connection.execute(parameters.insert().values(key=key, value=value))


def play(made: SimulatedRack, story: Callable[[], Awaitable[None]]) -> None:
    async def live() -> None:
        async with made.tasks:
            made.start()
            await story()
            made.kill_all()

    virtual.run(live())


async def until(made: SimulatedRack, is_so: Callable[[], bool], longest: float = _LONG) -> None:
    end = made.ground.clock.monotonic() + longest
    while not is_so():
        assert made.ground.clock.monotonic() < end, made.ground.told[-20:]
        await made.ground.clock.sleep(1.0)


def reason(made: SimulatedRack) -> str:
    acting = made.api()
    latest = acting.automatic.latest if acting and acting.automatic else None
    return latest.action.reason if latest else ""


def version(made: SimulatedRack) -> str:
    return made.holdings().version


def test_a_rack_goes_past_a_required_release_to_the_newest_by_itself():
    made = rack()

    async def story() -> None:
        await until(made, lambda: version(made) == D and reason(made) == Reason.NEWEST)
        assert made.outcomes() == ["done", "done"]
        assert made.update().asked_by == AUTOMATIC
        assert made.update().origin == B

    play(made, story)


def test_the_rest_of_a_roll_waits_for_what_moved_first():
    made = rack(CanaryTime="40")

    async def story() -> None:
        made.deploy("shop", [service("web", 4)], Behaviour())
        await until(made, lambda: version(made) == D)
        assert made.outcomes() == ["done", "done"]
        (rolled,) = [step for step in made.update().steps if step.name == "instances"]
        assert (rolled.ended - rolled.started).total_seconds() > 80
        assert [process.moves for process in made.processes()] == [1] * 4
        seen = [
            line for line in made.ground.told if "is the first" in line and " wait: " not in line
        ]
        assert len(seen) == 2, seen

    play(made, story)


def test_a_rack_that_is_off_or_held_begins_nothing():
    for parameter, expected in (
        ({"AutoUpdate": "off"}, Reason.OFF),
        ({"UpdateHold": "forever"}, Reason.HELD),
        ({"UpdatePin": A}, Reason.PINNED),
        ({"UpdateWindow": "mon 00:00-01:00"}, Reason.WINDOW),
    ):
        made = rack(**parameter)

        async def story(made=made, expected=expected) -> None:
            await until(made, lambda: reason(made) == expected)
            await made.ground.clock.sleep(_LONG)
            assert made.outcomes() == []
            assert reason(made) == expected

        play(made, story)


def test_a_hop_that_failed_is_tried_once_and_again_only_when_something_changed():
    made = rack()
    made.ground.flaws[B] = frozenset({Flaw.ENDS})

    async def story() -> None:
        await until(made, lambda: made.outcomes() == ["undone"])
        await until(made, lambda: reason(made) == Reason.FAILED)
        await made.ground.clock.sleep(_LONG)
        assert made.outcomes() == ["undone"]
        made.ground.flaws.clear()
        made.api().updates.acknowledge(asked_by="ann")
        await until(made, lambda: version(made) == D)
        assert made.outcomes() == ["undone", "done", "done"]

    play(made, story)


def test_a_release_that_stands_in_the_place_of_one_that_failed_is_tried():
    made = rack()
    made.ground.flaws[D] = frozenset({Flaw.MUTE})
    fixed = replace(lineage()[-1], version=E)

    async def story() -> None:
        await until(made, lambda: reason(made) == Reason.FAILED)
        assert version(made) == B
        made.ground.feed.publish(fixed, supersedes=D)
        await until(made, lambda: version(made) == E)
        assert made.outcomes() == ["done", "undone", "done"]

    play(made, story)


def test_nothing_begins_while_the_feed_is_away():
    made = rack()
    made.ground.feed.is_reachable = False

    async def story() -> None:
        await until(made, lambda: reason(made) == Reason.UNREACHABLE)
        await made.ground.clock.sleep(_LONG)
        assert made.outcomes() == []
        made.ground.feed.is_reachable = True
        await until(made, lambda: version(made) == D, longest=2 * 3600)

    play(made, story)


def test_nothing_begins_while_an_app_is_not_well():
    made = rack(UpdateHold="forever")

    async def story() -> None:
        await until(made, lambda: reason(made) == Reason.HELD)
        made.deploy("shop", [service("web")], Behaviour())
        await until(made, lambda: made.ground.engine.healthy() and not made.is_deploying())
        (web,) = made.ground.engine.healthy()
        made.ground.engine.change(web.id, Behaviour(healthy_after=None))
        put(made, UpdateHold="")
        await until(made, lambda: reason(made) == Reason.UNHEALTHY)
        assert made.outcomes() == []
        made.ground.engine.change(web.id, Behaviour())
        await until(made, lambda: version(made) == D)

    play(made, story)


def test_a_control_plane_that_has_just_started_does_not_call_the_rack_up_to_date():
    made = rack(UpdateHold="forever", UpdateInterval="600s")

    async def story() -> None:
        await until(made, lambda: reason(made) == Reason.HELD)
        for rackd in list(made.rackds.values()):
            rackd.kill()
        await until(made, lambda: reason(made) == Reason.UNASKED)
        assert made.api().automatic.latest.newest == ""
        await until(made, lambda: reason(made) == Reason.HELD)

    play(made, story)


def test_the_feed_is_asked_as_often_as_was_set_also_where_that_is_often():
    made = rack(UpdateHold="forever", UpdateInterval="5s")

    async def story() -> None:
        await until(made, lambda: reason(made) == Reason.HELD)
        seen = set()
        for _ in range(200):
            await made.ground.clock.sleep(1.0)
            seen.add(made.api().automatic.lookout.watch.state.seen)
        assert 30 <= len(seen) <= 45

    play(made, story)


@pytest.mark.parametrize("seed", range(3))
def test_a_rack_knows_what_comes_next_as_soon_as_an_update_has_ended(seed):
    made = rack(seed=seed, UpdateInterval="600s")

    async def story() -> None:
        await until(made, lambda: version(made) == B, 2 * _LONG)
        await made.ground.clock.sleep(3.0)
        assert (made.update().origin, made.api().automatic.current().newest) == (B, D)
        await until(made, lambda: made.api() and made.api().slot == D)
        await made.ground.clock.sleep(2.0)
        assert made.outcomes() == ["done", "updating"]
        assert made.api().automatic.current().newest == D
        await until(made, lambda: made.outcomes() == ["done", "done"])
        await made.ground.clock.sleep(2.0)
        assert (reason(made), made.api().automatic.latest.newest) == (Reason.NEWEST, D)

    play(made, story)


@pytest.mark.parametrize("seed", range(20))
def test_a_rack_gets_there_by_itself_whatever_happens_on_the_way(seed):
    dice = random.Random(seed)
    made = rack(seed=seed)
    ends = [made.kill_keeper, made.kill_all, lambda: dice.choice(list(made.rackds.values())).kill()]

    async def story() -> None:
        made.deploy("shop", [service("web", 3)], Behaviour())
        for _ in range(dice.randint(1, 4)):
            await made.ground.clock.sleep(dice.uniform(1, 25))
            made.ground.feed.is_reachable = dice.random() < 0.7
            if made.rackds:
                dice.choice(ends)()
        made.ground.feed.is_reachable = True
        await until(made, lambda: version(made) == D or reason(made) == Reason.FAILED, 3 * 3600)
        if version(made) != D:
            made.api().updates.acknowledge(asked_by="ann")
            await until(made, lambda: version(made) == D)
        # One that was undone was undone once: it is not tried again by itself.
        assert made.outcomes().count("undone") <= 1
        assert made.outcomes().count("done") == 2

    play(made, story)


def test_what_was_withdrawn_since_is_not_begun():
    made = rack(UpdateHold="forever")

    async def story() -> None:
        await until(made, lambda: reason(made) == Reason.HELD)
        feed = made.ground.feed
        for entry in feed.index.entries[1:]:
            feed.index = feed.index.put(replace(entry, withdrawn="it loses mail"))
        put(made, UpdateHold="")
        await made.ground.clock.sleep(_LONG)
        assert made.outcomes() == []
        assert reason(made) == Reason.NEWEST

    play(made, story)
