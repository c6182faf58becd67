"""What is looked at before and after an update, and what speaks against one."""

import asyncio
import sys
from dataclasses import replace

import pytest

from convox.errors import HostError, Refused
from convox.feed.platforms import Platform
from convox.feed.release import HostNeeds, RackRelease, Surface
from convox.testing.clock import SimulatedClock
from convox.update.failpoints import pass_by
from convox.update.objections import disk, laggards, platform, python
from convox.update.performing import perform
from convox.update.steps.preflight import Preflight
from convox.update.steps.soak import Soak
from convox.update.steps.step import HopInHand
from convox.update.survey import ServiceHealth, Survey, ailments

MIB = 2**20
WELL = Survey(services={"app/web": ServiceHealth(healthy=2, desired=2, page=200)})
LOST = Survey()
ILL = Survey(services={"app/web": ServiceHealth(healthy=1, desired=2, page=200)})

SURVEYS = {
    "nothing there": (Survey(), ()),
    "all is well": (WELL, ()),
    "a page that redirects is well": (
        Survey(services={"app/web": ServiceHealth(healthy=1, desired=1, page=302)}),
        (),
    ),
    "the API is away": (Survey(api=False), ("the API does not answer",)),
    "a process is missing": (ILL, ("service app/web has 1 of 2 processes healthy",)),
    "a page fails": (
        Survey(services={"app/web": ServiceHealth(healthy=1, desired=1, page=500)}),
        ("the page of service app/web answers 500",),
    ),
    "a page does not come": (
        Survey(services={"app/web": ServiceHealth(healthy=1, desired=1, page=0)}),
        ("the page of service app/web answers nothing",),
    ),
    "a resource is away": (
        Survey(resources={"app/db": False, "app/cache": True}),
        ("resource app/db does not answer",),
    ),
}


def release(version: str = "20260101000000", needs: HostNeeds | None = None) -> RackRelease:
    return RackRelease(
        version=version,
        notes="",
        surfaces={},
        images={},
        artifacts=(),
        needs=needs or HostNeeds(python="3.11", disk=0),
    )


HOP = HopInHand(update="U1", origin=release(), target=release("20260102000000"))


@pytest.mark.parametrize(("survey", "said"), SURVEYS.values(), ids=SURVEYS)
def test_a_survey_names_what_is_not_well(survey, said):
    assert ailments(survey) == said


def test_the_disk_must_hold_what_is_fetched_and_unpacked():
    needs = release(needs=HostNeeds(python="3.11", disk=100 * MIB))
    assert disk(free=406 * MIB, missing=10 * MIB, release=needs) == []
    assert disk(free=405 * MIB, missing=10 * MIB, release=needs) == [
        "the disk has 405 MiB free and the update needs 406 MiB; free some space"
    ]


def test_the_machine_needs_the_python_that_the_release_asks_for():
    assert python(release(), running=sys.version_info[:2]) == []
    assert python(release(needs=HostNeeds(python="3.13", disk=0)), running=(3, 9)) == [
        "the release needs Python 3.13 and the machine has 3.9"
    ]


def test_the_machine_is_one_of_those_that_the_release_promises():
    debian = Platform(python="3.11", machine="x86_64", glibc="2.36")
    promised = (replace(debian, glibc="2.28"), replace(debian, python="3.12", glibc="2.28"))
    assert platform(release(), running=debian) == []
    assert platform(replace(release(), platforms=promised), running=debian) == []
    (objection,) = platform(replace(release(), platforms=promised[1:]), running=debian)
    assert objection == (
        "the release installs with Python 3.12 on x86_64 with glibc 2.28, and the machine has"
        " Python 3.11 on x86_64 with glibc 2.36"
    )


def with_agent(version: str, image: str, *, reads: set[int], writes: set[int]) -> RackRelease:
    agent = Surface(reads=frozenset(reads), writes=frozenset(writes))
    return replace(release(version), surfaces={"agent": agent}, images={"local": image})


FIRST = with_agent("1", "one", reads={1}, writes={1})
BOTH = with_agent("2", "two", reads={1, 2}, writes={1, 2})
LAST = with_agent("3", "three", reads={2}, writes={2})

LAGGARDS = {
    "all roll in the last hop": ({"i-a": "two", "i-b": "two"}, []),
    "the last release's own": ({"i-a": "three"}, []),
    "one is left of the first release": ({"i-a": "two", "i-b": "one"}, ["i-b"]),
    "one is of an image that nobody knows": ({"i-a": "odd"}, ["i-a"]),
}


@pytest.mark.parametrize(("booted", "named"), LAGGARDS.values(), ids=LAGGARDS)
def test_an_instance_that_the_release_cannot_speak_to_holds_it_up(booted, named):
    objections = laggards(booted, [FIRST, BOTH], release=LAST)
    assert [objection.split()[1] for objection in objections] == named
    assert laggards({"i-b": "one"}, [FIRST], release=BOTH) == []


def preflight(clock: SimulatedClock, told: list[str], *, well_after: float) -> str:
    """Return why a preflight is refused, where something is lost for so many seconds."""

    async def objections(target):
        ill = clock.monotonic() < well_after
        return [f"no room for {target.version}", "app web is ill"] if ill else []

    step = Preflight(objections=objections, apps=list, clock=clock, narrate=told.append)

    async def attempt() -> str:
        try:
            await perform(step, HOP, {}, pass_by)
        except Refused as error:
            return str(error)
        return ""

    return asyncio.run(clock.run(attempt()))


def test_a_preflight_refuses_with_all_that_speaks_against_it():
    clock = SimulatedClock()
    refused = preflight(clock, [], well_after=1e6)
    assert refused == "no room for 20260102000000; app web is ill"
    assert clock.monotonic() < 60


def test_a_preflight_waits_for_what_comes_back_by_itself():
    told: list[str] = []
    assert not preflight(SimulatedClock(), told, well_after=20)
    assert told == ["preflight waits: no room for 20260102000000; app web is ill"]


def soak(looks: list[Survey], clock: SimulatedClock) -> Soak:
    """Return a soak of 2 s that sees these in turn, and the last of them from then on."""

    async def survey() -> Survey:
        return looks.pop(0) if len(looks) > 1 else looks[0]

    def lost(hop: HopInHand) -> list[str]:
        return ["shop"] if len(looks) == 1 and looks[0] is LOST else []

    def keep(hop: HopInHand, seen: Survey) -> None:
        assert hop is HOP

    return Soak(
        survey=survey, seconds=lambda: 2.0, lost=lost, clock=clock, keep=keep, conclude=keep
    )


def test_a_soak_begins_anew_after_each_complaint():
    looks = [WELL, WELL, ILL, ILL, WELL]
    clock = SimulatedClock()
    asyncio.run(clock.run(perform(soak(looks, clock), HOP, {}, pass_by)))
    assert looks == [WELL]


def test_the_last_look_of_a_soak_is_kept_in_any_case():
    clock, concluded = SimulatedClock(), []
    step = replace(
        soak([ILL, WELL], clock),
        conclude=lambda _, seen: concluded.append((clock.monotonic(), seen)),
    )
    asyncio.run(clock.run(perform(step, HOP, {}, pass_by)))
    assert concluded == [(clock.monotonic(), WELL)]


def test_a_soak_fails_when_an_app_is_lost():
    clock = SimulatedClock()

    async def fail():
        with pytest.raises(HostError, match="app shop is lost"):
            await perform(soak([WELL, LOST], clock), HOP, {}, pass_by)

    asyncio.run(clock.run(fail()))


def test_a_soak_fails_when_things_stay_ill():
    clock = SimulatedClock()

    async def fail():
        with pytest.raises(HostError, match="service app/web has 1 of 2 processes healthy"):
            await perform(soak([WELL, ILL], clock), HOP, {}, pass_by)

    asyncio.run(clock.run(fail()))
    assert clock.monotonic() > 30


def test_a_soak_fails_when_a_look_does_not_end():
    clock = SimulatedClock()

    async def survey() -> Survey:
        await clock.sleep(1e6)
        return WELL

    async def fail():
        with pytest.raises(HostError, match="cannot look at the apps: it has not ended in 30 s"):
            await perform(replace(soak([], clock), survey=survey), HOP, {}, pass_by)

    asyncio.run(clock.run(fail()))
