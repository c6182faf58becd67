"""What a publisher types about a release that is published, and what racks then see."""

import asyncio
from datetime import timedelta

import pytest

from convox.feed.condition import Match
from convox.feed.ramp import share
from convox.feedtool.command import main

pytestmark = pytest.mark.parametrize("workshop", ["folder"], indirect=True)

A, B, C, D = (f"2026010{number}000000" for number in range(1, 5))


@pytest.fixture
def typed(workshop, capsys):
    """Type a command about the feed with all keys; return its exit status and what it said."""

    def run(verb, *words):
        keys = ("--keys", workshop.home / "keys")
        status = main([str(word) for word in (verb, workshop.feed, *words, *keys)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


@pytest.fixture
def seen(workshop):
    """Return what a rack that trusts the feed sees of a release."""

    def look(version):
        return asyncio.run(workshop.rack().refresh()).find(version)

    return look


@pytest.fixture
def change(workshop, typed):
    """The releases of a change in two steps, all of them in edge, the first also in stable."""
    built = [workshop.build(version, epochs=epochs) for version, epochs in STEPS]
    assert typed("publish", built[0], "--channel", "stable", "--channel", "edge")[0] == 0
    assert typed("publish", *built[1:], "--channel", "edge")[0] == 0


STEPS = ((A, "1"), (B, "12"), (C, "12"), (D, "2"))


def test_a_release_is_offered_in_one_more_channel_when_it_is_promoted(typed, seen, change):
    since = seen(B).channels["edge"]
    assert typed("promote", B, "--to", "stable") == (0, f"Promoted {B} to stable\n")
    assert set(seen(B).channels) == {"edge", "stable"}
    assert seen(B).channels["edge"] == since
    assert "in 'x y': it must be the name of a channel" in typed("promote", B, "--to", "x y")[1]
    assert "stable offers it already" in typed("promote", B, "--to", "stable")[1]


def test_a_release_is_not_promoted_when_racks_could_not_reach_it(typed, seen, change):
    status, text = typed("promote", D, "--to", "stable")
    assert (status, f"release {D} cannot be reached" in text) == (1, True)
    assert set(seen(D).channels) == {"edge"}
    assert typed("promote", B, "--to", "stable")[0] == 0
    assert typed("promote", D, "--to", "stable")[0] == 0


def test_an_unpublished_release_is_offered_when_it_is_promoted(workshop, typed, seen):
    assert typed("publish", workshop.build(A), "--unpublished")[0] == 0
    assert not seen(A).published
    assert typed("promote", A, "--to", "edge")[0] == 0
    assert (seen(A).published, set(seen(A).channels)) == (True, {"edge"})


def test_a_release_is_not_promoted_when_it_was_withdrawn(typed, change):
    assert typed("withdraw", C, "--reason", "loses logs")[0] == 0
    assert "it wants a reason" in typed("withdraw", B, "--reason", " ")[1]
    assert "it was withdrawn (loses logs)" in typed("promote", C, "--to", "stable")[1]


def test_a_release_stands_in_anothers_place_when_it_supersedes_that(typed, seen, change):
    assert typed("supersede", B, "--by", C)[0] == 0
    assert seen(C).supersedes == B
    assert "stands in the place of" in typed("supersede", A, "--by", C)[1]
    assert "only a newer release" in typed("supersede", C, "--by", B)[1]
    assert "the feed has no such release" in typed("supersede", "1", "--by", D)[1]


def test_a_stop_is_not_superseded_when_racks_would_be_stranded(typed, seen, change):
    status, text = typed("supersede", B, "--by", D)
    assert (status, "cannot change the feed" in text) == (1, True)
    assert seen(D).supersedes is None


def test_a_release_reaches_racks_by_and_by_when_it_is_ramped(typed, seen, change):
    assert typed("ramp", D, "--percent", 5, "--over", "24h")[1] == (
        f"{D} reaches 5 % of the racks, all in 24h\n"
    )
    ramp = seen(D).ramp
    assert (ramp.percent, ramp.until - ramp.since) == (5.0, timedelta(hours=24))
    assert share(ramp, ramp.since + timedelta(hours=12)) == 52.5
    assert typed("ramp", D, "--stop")[0] == 0
    assert (seen(D).ramp.until, seen(D).ramp.percent) == (None, 0)
    assert typed("ramp", D, "--all")[0] == 0
    assert seen(D).ramp is None
    assert "it has none" in typed("ramp", D, "--stop")[1]
    assert "give a number to 100" in typed("ramp", D, "--percent", 101)[1]
    assert "(--percent)" in typed("ramp", D, "--all", "--over", "24h")[1]
    assert "over no time" in typed("ramp", D, "--percent", 1, "--over", "0h")[1]
    assert "cannot read time 'soon'" in typed("ramp", D, "--percent", 1, "--over", "soon")[1]


def test_what_no_rack_could_read_is_not_signed(workshop, typed, seen, change):
    status, said = typed("withdraw", D, "--reason", "it loses logs; " * 80_000)
    assert (status, "no rack could read it then" in said) == (1, True)
    assert typed("withdraw", D, "--reason", "it loses logs")[0] == 0
    assert seen(D).withdrawn == "it loses logs"


def test_a_release_is_ramped_from_its_start_when_it_was_published_so(workshop, typed, seen):
    words, built = ("--percent", 1, "--over", "2d", "--security"), workshop.build(A)
    assert "(--percent)" in typed("publish", built, "--over", "2d")[1]
    assert typed("publish", built, *words)[0] == 0
    assert (seen(A).ramp.percent, seen(A).security) == (1.0, True)
    assert seen(A).ramp.since == seen(A).channels["stable"]


def test_a_release_is_closed_to_a_kind_of_racks_when_it_has_a_condition(typed, seen, change):
    words = ("--name", "pg", "--why", "takes hours", "--when", "database=postgresql")
    assert typed("condition", D, *words, "--when", "python=<3.12,3.14", "--from", C)[0] == 0
    (condition,) = seen(D).conditions
    assert (condition.name, condition.why, condition.origins) == ("pg", "takes hours", (C,))
    assert condition.matches == (
        Match(fact="database", values=("postgresql",)),
        Match(fact="python", values=("<3.12", "3.14")),
    )
    assert typed("condition", D, *words)[0] == 0
    assert len(seen(D).conditions) == 1
    assert typed("condition", D, "--remove", "pg")[0] == 0
    assert seen(D).conditions == ()
    assert "it has no such one, but none" in typed("condition", D, "--remove", "pg")[1]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--when", "databse=postgresql"), "racks know no fact 'databse'"),
        (("--when", "python=<abc"), "'<abc' is no value of python"),
        (("--when", "python"), "it has no '='"),
        (("--when", "python=3.11", "--from", "20250101000000"), "has no release 20250101000000"),
        ((), "give --name, --why and --when"),
    ],
)
def test_a_condition_is_refused_when_it_would_close_to_all_or_none(typed, seen, change, words, why):
    status, text = typed("condition", D, "--name", "n", "--why", "w", *words)
    assert (status, why in text) == (1, True)
    assert seen(D).conditions == ()
