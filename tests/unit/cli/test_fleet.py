"""An update of many racks: which racks are in which wave, what begins, and what stops all of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from convox.cli.errors import CommandError
from convox.cli.fleet.decide import (
    ILLNESS,
    REFUSAL,
    SILENCE,
    begins,
    begun,
    end_wave,
    hold_up,
    judge,
    refuse,
    stands,
    start_wave,
)
from convox.cli.fleet.fleet import Fleet, Member, Seen, State, concerns, explain, word
from convox.cli.fleet.kept import from_json, to_json
from convox.cli.fleet.waves import parse_sizes, split
from convox.cli.words import seconds

A, B, C = "20260101000000", "20260201000000", "20260301000000"
AT_B = Seen(version=B, status="running")


def member(name="dev", wave=1, state=State.UPDATING, **more):
    return Member(name=name, wave=wave, state=state, version=A, **more)


def fleet(*members, soak=60.0):
    return Fleet(target=B, soak=soak, consents=False, members=members)


def update(state, target=B, cause=""):
    return {"id": "U1", "state": state, "target": target, "cause": cause}


@pytest.mark.parametrize(
    ("racks", "waves", "sizes"),
    [
        (25, "1,10%,rest", [1, 3, 21]),
        (1, "1,10%,rest", [1]),
        (2, "1,10%,rest", [1, 1]),
        (10, "10%,50%,rest", [1, 5, 4]),
        (7, "100%", [7]),
        (3, "50%,50%", [2, 1]),
        (3, "rest", [3]),
        (3, " 1 , 2 ", [1, 2]),
        (3, "5", [3]),
    ],
)
def test_waves_have_the_sizes_that_were_asked_for(racks, waves, sizes):
    names = [f"rack-{number}" for number in range(racks)]
    assert [len(wave) for wave in split(names, parse_sizes(waves))] == sizes


@given(
    some.lists(some.text(min_size=1), unique=True, min_size=1),
    some.lists(some.sampled_from(["1", "3", "10%", "25%"]), max_size=4),
)
def test_every_rack_is_in_one_wave_in_its_order(names, sizes):
    waves = split(names, parse_sizes(",".join([*sizes, "rest"])))
    assert [name for wave in waves for name in wave] == names
    assert all(waves)


@pytest.mark.parametrize(
    ("waves", "read", "cause"),
    [
        *((waves, waves, "a wave is a number of racks") for waves in ("", "x", "-1", "all")),
        ("1,,rest", "", "a wave is a number of racks"),
        ("1,0,rest", "0", "a wave of no racks proves nothing"),
        ("0%", "0%", "a wave of no racks proves nothing"),
        ("rest,1", "rest,1", "nothing is left for a wave after rest"),
        ("1,rest,rest", "1,rest,rest", "nothing is left for a wave after rest"),
        ("101%", "101%", "its parts are 101% of the racks together, more than all"),
        ("60%,1,50%", "60%,1,50%", "its parts are 110% of the racks together, more than all"),
    ],
)
def test_waves_that_cannot_be_read_are_refused(waves, read, cause):
    with pytest.raises(CommandError, match=f"cannot read wave {read!r}: {cause}"):
        parse_sizes(waves)


def test_no_rack_is_left_out():
    with pytest.raises(CommandError, match="the waves leave out c, d: let the last one be rest"):
        split(["a", "b", "c", "d"], parse_sizes("1,10%"))


@pytest.mark.parametrize(("text", "found"), [("60s", 60), ("1m30s", 90), ("1.5h", 5400)])
def test_a_duration_is_so_many_seconds(text, found):
    assert seconds(text) == found


@pytest.mark.parametrize(
    ("seen", "state", "cause"),
    [
        (Seen(version=A, status="running"), "updating", ""),
        (Seen(version=A, update=update("updating")), "updating", ""),
        (Seen(version=A, update=update("paused")), "updating", ""),
        (Seen(version=B, status="updating", update=update("updating")), "updating", ""),
        (AT_B, "soaking", ""),
        (AT_B._replace(ailments=("web is ill",)), "soaking", ""),
        (
            Seen(version=A, update=update("undone", cause="soak: web")),
            "failed",
            f"its update to {B} undone: soak: web",
        ),
        (
            Seen(version=A, update=update("failed", cause="disk")),
            "failed",
            f"its update to {B} failed: disk",
        ),
        (
            Seen(version=C, status="running"),
            "failed",
            f"it runs {C}, newer than {B}, and no update has brought it there",
        ),
        (Seen(silence="refused"), "updating", ""),
    ],
)
def test_a_rack_that_updates_is_judged_by_what_it_says(seen, state, cause):
    found = judge(member(update="U1", heard=0.0), seen, B, now=1.0)
    assert (found.state, found.cause) == (state, cause)


def test_what_became_of_an_earlier_update_is_no_failure_of_this_one():
    seen = Seen(version=A, status="running", update=update("undone"))
    found = judge(member(update="U7"), seen, B, now=1.0)
    assert found.state is State.UPDATING
    assert begins(found, seen, B)


def test_a_hop_begins_where_none_is_under_way_and_the_target_does_not_run():
    assert begins(member(), Seen(version=A, status="running"), B)
    assert not begins(member(), Seen(version=A, update=update("updating")), B)
    assert not begins(member(), AT_B, B)
    assert not begins(member(), Seen(silence="refused"), B)
    assert not begins(member(state=State.WAITING), Seen(version=A), B)


@pytest.mark.parametrize(
    ("parameters", "goes"),
    [
        ({}, False),
        ({"AutoUpdate": "off"}, False),
        ({"AutoUpdate": "on"}, True),
        ({"AutoUpdate": "on", "UpdateHold": "", "UpdatePin": ""}, True),
        ({"AutoUpdate": "on", "UpdateHold": "2026-01-07"}, True),
        ({"AutoUpdate": "on", "UpdateHold": "forever"}, False),
        ({"AutoUpdate": "on", "UpdatePin": A}, False),
        ({"AutoUpdate": "on", "UpdatePin": B}, True),
    ],
)
def test_a_rack_may_come_to_the_target_by_itself_unless_it_is_kept_from_it(parameters, goes):
    assert Seen(version=A, parameters=parameters).goes_by_itself(B) is goes


def test_silence_is_borne_for_as_long_as_an_update_may_take_the_api_away():
    silent = Seen(silence="refused")
    found = judge(member(heard=10.0), silent, B, now=10.0 + SILENCE)
    assert found.state is State.UPDATING
    found = judge(found, silent, B, now=11.0 + SILENCE)
    assert (found.state, found.cause) == (State.FAILED, "it does not answer: refused")


def test_what_was_not_well_before_is_not_held_against_the_update():
    ill = Seen(version=A, status="running", ailments=("web is ill",))
    updating = begun(member(), ill, "U1")
    found = judge(updating, AT_B._replace(ailments=("web is ill",)), B, now=5.0)
    assert (found.state, found.arrived) == (State.SOAKING, 5.0)
    again = begun(found, AT_B._replace(ailments=("all is ill",)), "U2")
    assert again.before == ("web is ill",)


def test_a_rack_that_stays_worse_than_before_has_failed():
    ill = AT_B._replace(ailments=("web is ill",))
    found = judge(member(), ill, B, now=0.0)
    found = judge(found, ill, B, now=ILLNESS)
    assert (found.state, found.arrived) == (State.SOAKING, None)
    well = judge(found, AT_B, B, now=ILLNESS + 1)
    assert (well.unwell, well.arrived) == (None, ILLNESS + 1)
    found = judge(found, ill, B, now=ILLNESS + 1)
    assert found.cause == "it is worse than before: web is ill"


def test_a_rack_that_goes_back_while_it_soaks_has_failed():
    soaking = judge(member(), AT_B, B, now=0.0)
    back = Seen(version=A, status="running", update=update("done", target=A, cause="by ann"))
    assert judge(soaking, back, B, now=1.0).cause == f"it left {B} again: by ann"


def test_a_rack_that_was_updated_past_the_target_soaks_with_its_wave_and_is_done():
    past = Seen(version=C, status="running", update=update("done", target=C))
    for before in (member(), judge(member(), AT_B, B, now=0.0)):
        whole = fleet(judge(before, past, B, now=0.0), member("c", 2, State.WAITING))
        ahead = whole.members[0]
        assert explain(whole, ahead) == f"soaking in wave 1 of 2 to {B}: already runs newer {C}"
        assert not begins(ahead, past, B)
        ended = end_wave(whole, now=60.0)
        assert (ended.members[0].state, ended.wave) == (State.DONE, 2)
        assert explain(ended, ended.members[0]) == f"already runs newer {C}"
        assert not concerns(ended, ended.members[0], C)


def test_a_rack_past_the_target_stays_done_with_it_where_its_next_update_was_undone():
    tried = {**update("undone", target="20260401000000"), "origin": C}
    found = judge(member(), Seen(version=C, status="running", update=tried), B, now=0.0)
    assert (found.state, found.cause) == (State.SOAKING, f"already runs newer {C}")
    back = judge(found, AT_B, B, now=1.0)
    assert (back.state, back.cause) == (State.SOAKING, "")


def test_a_rack_that_failed_and_went_past_the_target_by_itself_is_done_on_resuming():
    failed = fleet(member(state=State.FAILED, update="U1", cause="no room"))
    past = Seen(version=C, status="running", update=update("done", target=C))
    resumed = start_wave(failed, now=0.0)
    whole = resumed.put([judge(resumed.members[0], past, B, now=0.0)])
    assert not whole.failed
    assert end_wave(whole, now=60.0).wave == 0


def test_what_may_pass_is_tried_for_a_while():
    held = hold_up(member(), "the feed is away", now=0.0)
    assert held.state is State.UPDATING
    assert hold_up(held, "the feed is away", now=REFUSAL).state is State.UPDATING
    assert hold_up(held, "the feed is away", now=REFUSAL + 1).cause == "the feed is away"


def test_a_wave_is_done_when_all_of_it_was_well_at_the_same_time_for_long_enough():
    whole = fleet(member("a", 1), member("b", 1), member("c", 2, State.WAITING))
    a, b, _ = whole.members
    whole = whole.put([judge(a, AT_B, B, now=0.0)])
    assert end_wave(whole, now=1000.0) == whole
    whole = whole.put([judge(b, AT_B, B, now=1000.0)])
    assert end_wave(whole, now=1059.0).wave == 1
    ill = whole.put([judge(whole.members[0], AT_B._replace(ailments=("x",)), B, now=1059.0)])
    assert end_wave(ill, now=1060.0).wave == 1
    ended = end_wave(whole, now=1060.0)
    assert [each.state for each in ended.members] == ["done", "done", "waiting"]
    assert ended.wave == 2


def test_one_failure_stops_all_once_the_others_of_its_wave_have_ended():
    whole = fleet(member("a", 1), member("b", 1), member("c", 2, State.WAITING))
    a, b, _ = whole.members
    whole = whole.put([refuse(a, "no room")])
    assert not stands(whole)
    whole = whole.put([judge(b, AT_B, B, now=0.0)])
    assert stands(whole)
    assert end_wave(whole, now=1e9).wave == 1
    assert [explain(whole, each) for each in whole.members] == [
        f"stays at {A}: no room",
        f"soaking in wave 1 of 2 to {B}",
        f"waits in wave 2 of 2 to {B}, held up by a",
    ]
    left = whole._replace(abandoned=True)
    assert concerns(whole, whole.members[2], "20251201000000")
    assert concerns(left, left.members[2], A)
    assert concerns(left, left.members[2], "")
    assert not concerns(left, left.members[2], B)
    assert not concerns(left, left.members[2], "20251201000000")
    assert explain(left, left.members[2]) == f"stays at {A}: the update to {B} was abandoned"


def test_no_rack_waits_for_what_was_abandoned():
    states = (State.DONE, State.FAILED, State.SOAKING, State.UPDATING, State.WAITING)
    whole = fleet(*(member(state, number, state) for number, state in enumerate(states, 1)))
    assert [word(whole, each) for each in whole.members] == list(states)
    left = whole._replace(abandoned=True)
    assert [word(left, each) for each in left.members] == ["done", "failed", *["abandoned"] * 3]
    why = f"the update to {B} was abandoned"
    assert [explain(left, each) for each in left.members[2:]] == [
        f"runs {A} and was not well for long enough yet: {why}",
        f"was left at {A}, to end by itself what it had begun: {why}",
        f"stays at {A}: {why}",
    ]


def test_what_failed_and_what_soaked_is_gone_through_again_on_resuming():
    whole = fleet(
        member("a", 1, State.DONE),
        member("b", 2, State.FAILED, update="U1", cause="no room"),
        member("c", 2, State.SOAKING),
        member("d", 3, State.WAITING),
    )
    resumed = start_wave(whole, now=7.0)
    assert [each.state for each in resumed.members] == ["done", "updating", "updating", "waiting"]
    assert (resumed.members[1].update, resumed.members[1].cause) == ("", "")
    assert not stands(resumed)


def test_what_is_kept_is_read_again_but_for_the_clock_of_the_command():
    whole = fleet(member("a", 1, before=("x",), cause="c", heard=3.0, arrived=4.0))
    again = from_json(to_json(whole))
    assert again.members[0] == whole.members[0]._replace(heard=0.0, arrived=None)
    assert again._replace(members=()) == whole._replace(members=())
    with pytest.raises(ValueError, match="no update of racks"):
        from_json("{}")


def test_what_is_kept_and_cannot_be_read_is_named_with_its_file(convox, tmp_path):
    kept = tmp_path / "home" / ".config" / "convox2" / "fleet"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    ended = convox("racks", "update", "--status")
    assert ended.status == 1
    assert ended.err.endswith(f"; mend {kept}, or remove it to begin anew\n")
