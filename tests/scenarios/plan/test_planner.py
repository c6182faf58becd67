"""Plans as lines of text.

A feed is one release a word: its letter, what it reads and writes on one surface (``12/1`` reads
1 and 2, writes 1), and marks: ``!`` required by hand, ``-`` withdrawn, ``?`` not published, ``=X``
supersedes X, ``#x`` boots instances from image x, ``+x`` has component x, ``@edge`` in that
channel alone, ``^`` closed to this rack, ``^X`` to who comes from X, ``$x`` lets apps that are
redeployed gain x. A wish is the running release,
``>``, and the target, or ``>>`` to go through; ``>`` alone wants the newest. The answer is the
hops, with ``*`` for a stop, ``%`` where instances roll and ``~`` where components change, or the
beginning of the refusal.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from convox.errors import InvalidInput, NotFound, Refused
from convox.feed.condition import Closure
from convox.feed.index import STABLE, Entry, Index, entry_for
from convox.feed.release import RackRelease, Redeploy, Surface
from convox.plan.comparison import differences
from convox.plan.explain import explain
from convox.plan.plan import STEPS, Move, from_json, to_json
from convox.plan.planner import plan
from convox.plan.route import find_route

NOW = datetime(2026, 1, 1, tzinfo=UTC)

MIGRATION = "A:1/1 B:12/12 C:12/12 D:2/2"
MARKED = "A:1/1 B:1/1! C:1/1"
BROKEN_STOP = "A:1/1 B:12/12- C:12/12 E:12/12=B F:2/2"

SCENARIOS = [
    # The example: B brings the new beside the old, C changes something else, D removes the old.
    (MIGRATION, "A >", "B*"),
    (MIGRATION, "A > B", "B*"),
    (MIGRATION, "A > C", "B*"),
    (MIGRATION, "A > D", "B*"),
    (MIGRATION, "A >> D", "B* D"),
    (MIGRATION, "A >>", "B* D"),
    (MIGRATION, "B >", "D"),
    (MIGRATION, "B > C", "C"),
    (MIGRATION, "C >", "D"),
    (MIGRATION, "D >", "cannot update: channel stable offers nothing newer than D, which runs"),
    (MIGRATION, "B > B", "cannot update to B: the rack already runs it"),
    (MIGRATION, "A > X", "cannot update to X: the feed has no such release; the newest is D"),
    # Marks by hand count like derived ones.
    (MARKED, "A > C", "B*"),
    (MARKED, "A >> C", "B* C"),
    (MARKED, "B > C", "C"),
    ("A:1/1! B:1/1", "A >", "B"),
    ("A:1/1 B:1/1! C:1/1! D:1/1", "A >> D", "B* C* D"),
    ("A:1/1 B:1/1! C:1/1! D:1/1", "A > D", "B*"),
    ("A:1/1 B:1/1! C:1/1!", "A > C", "B*"),
    # What was withdrawn or is not published is neither hopped to nor a stop.
    ("A:1/1 B:1/1- C:1/1", "A > B", "cannot update to B: it was withdrawn: broken; use C"),
    ("A:1/1 B:1/1 C:1/1-", "A >", "B"),
    ("A:1/1 B:1/1!- C:1/1", "A > C", "C"),
    ("A:1/1 B:1/1?", "A > B", "cannot update to B: it is not published"),
    ("A:1/1 B:1/1!? C:1/1", "A >", "C"),
    ("A:1/1-", "A >", "cannot update: the feed offers no release in channel stable"),
    # Where the stop is withdrawn, the next release that writes both takes its place.
    ("A:1/1 B:12/12- C:12/12 D:2/2", "A > D", "C*"),
    ("A:1/1 B:12/12- C:12/12 D:2/2", "B > D", "D"),
    ("A:1/1 B:12/12? D:2/2", "A > D", "cannot update to D: it cannot read what A keeps (usage)"),
    # A fixed release stands in the place of a broken stop.
    (BROKEN_STOP, "A >", "E*"),
    (BROKEN_STOP, "A >> F", "E* F"),
    (BROKEN_STOP, "A > C", "cannot update to C: it lies past B, in whose place E stands"),
    (BROKEN_STOP, "A > B", "cannot update to B: it was withdrawn: broken; use E"),
    (BROKEN_STOP, "B > F", "F"),
    (BROKEN_STOP, "C > F", "F"),
    ("A:1/1 B:1/1! C:1/1=B D:1/1", "A > B", "cannot update to B: it was superseded; use C"),
    ("A:1/1 B:1/1! C:1/1=B D:1/1=C E:1/1", "A > E", "D*"),
    ("A:1/1 B:1/1! C:1/1=B D:1/1=C E:1/1", "C > E", "E"),
    # Two surfaces need no two stops, two epochs do.
    ("A:1/1 B:12/12 C:23/23 D:3/3", "A >> D", "B* C* D"),
    # A reader may come first; then nothing is derived, and yet there is only one way.
    ("A:1/1 B:12/1 C:12/2 D:2/2", "A >> D", "C D"),
    ("A:1/1 B:12/1 C:12/2 D:2/2", "A > D", "C"),
    ("A:1/1 B:1/12 C:2/2", "A >> C", "B* C"),
    # The way back.
    (MIGRATION, "B > A", "A"),
    (MIGRATION, "C > A", "A"),
    (MIGRATION, "D > C", "C"),
    (MIGRATION, "D > B", "B"),
    (MIGRATION, "D > A", "B"),
    ("A:1/1 B:12/12 C:12/12 D:2/2", "D > A", "B"),
    ("A:1/1 B:12/12- C:12/12 D:2/2", "D > A", "C"),
    ("A:1/1 B:12/12- D:2/2", "D > A", "cannot go back to A: D is the point of no return"),
    ("A:1/1 B:12/12- C:2/2 D:2/2", "C > A", "cannot go back to A: C is the point of no return"),
    ("A:1/1 B:12/12- C:2/2- D:2/2", "D > A", "cannot go back to A: C is the point of no return"),
    ("A:1/1- B:1/1", "B > A", "cannot update to A: it was withdrawn: broken; use B"),
    # Channels.
    ("A:1/1 B:1/1@edge", "A > B", "cannot update to B: it is in channel edge, and this rack"),
    (
        "A:1/1 B:1/1@edge",
        "A >",
        "cannot update: channel stable offers nothing newer than A, which runs",
    ),
    ("A:1/1 B:12/12@edge D:2/2", "A > D", "cannot update to D: it cannot read what A keeps"),
    # What a condition closes to this rack is not hopped to, and no stop is skipped because of it.
    ("A:1/1 B:1/1 C:1/1^", "A >", "B"),
    ("A:1/1 B:1/1^ C:1/1", "A >", "C"),
    ("A:1/1 B:1/1^", "A >", "cannot update to B: it is closed to this rack: frost; wait for"),
    ("A:1/1 B:1/1^", "A > B", "cannot update to B: it is closed to this rack: frost; wait for"),
    ("A:1/1 B:1/1^ C:1/1", "A > B", "cannot update to B: it is closed to this rack: frost"),
    ("A:1/1 B:1/1!^ C:1/1", "A > C", "cannot update to C: the way is closed, B, which is required"),
    ("A:1/1 B:1/1!^ C:1/1", "A >", "cannot update to C: the way is closed, B, which is required"),
    ("A:1/1 B:1/1 C:1/1!^ D:1/1", "A >", "B"),
    ("A:1/1 B:12/12^ C:12/12 D:2/2", "A >> D", "cannot update to D: the way is closed, B, which"),
    ("A:1/1 B:12/12^ C:12/12 E:12/12=B F:2/2", "A >> F", "E* F"),
    ("A:1/1 B:12/1^ C:12/2 D:2/2", "A > D", "C"),
    ("A:1/1 B:12/1 C:12/2^ D:2/2", "A > D", "cannot update to D: the way is closed, C on the way"),
    ("A:1/1 B:1/1 C:1/1^A", "A > C", "B"),
    ("A:1/1 B:1/1 C:1/1^A", "A >> C", "B C"),
    ("A:1/1 B:1/1 C:1/1^A", "B > C", "C"),
    ("A:1/1^ B:1/1", "B > A", "cannot go back to A: it is closed to this rack: frost"),
    ("A:1/1 B:12/12^ C:12/12 D:2/2", "D > A", "C"),
    ("A:1/1 B:9/9^", "A >", "cannot update to B: it cannot read what A keeps (usage)"),
    # Instances roll where the image changes, once, and components where they change.
    ("A:1/1#x B:1/1#y", "A > B", "B%"),
    ("A:1/1#x B:1/1#y", "B > A", "A%"),
    ("A:1/1#x B:1/1#y! C:1/1#z", "A >> C", "B* C%"),
    ("A:1/1#x B:1/1#y! C:1/1#y", "A >> C", "B* C%"),
    ("A:1/1#x B:1/1#y! C:1/1#x", "A >> C", "B* C"),
    ("A:1/1#x B:1/1#y! C:1/1#z", "A > C", "B*%"),
    ("A:1/1+m B:1/1+m+n! C:1/1+n", "A >> C", "B*~ C~"),
]

_WORD = re.compile(r"([A-Z]):(\d+)/(\d+)(.*)")


def version(letter: str) -> str:
    return f"202601010000{ord(letter) - 64:02}"


def spelled(text: str) -> str:
    return re.sub(r"\b202601010000(\d\d)\b", lambda match: chr(64 + int(match[1])), text)


def epochs(digits: str) -> frozenset[int]:
    return frozenset(map(int, digits))


def parse(word: str, surface: str) -> tuple[Entry, RackRelease]:
    letter, reads, writes, marks = _WORD.fullmatch(word).groups()
    supersedes, image, channel = (
        re.search(pattern, marks) for pattern in (r"=([A-Z])", r"#(\w)", r"@(\w+)")
    )
    release = RackRelease(
        version=version(letter),
        notes=f"what is new in {letter}",
        surfaces={surface: Surface(reads=epochs(reads), writes=epochs(writes))},
        images={"local": image[1] if image else "x"},
        artifacts=(),
        components=tuple(re.findall(r"\+(\w)", marks)),
        redeploy=tuple(Redeploy(feature=each, reason="") for each in re.findall(r"\$(\w)", marks)),
    )
    entry = replace(
        entry_for(release, now=NOW),
        published="?" not in marks,
        required="!" in marks,
        withdrawn="broken" if "-" in marks else None,
        supersedes=version(supersedes[1]) if supersedes else None,
        channels={channel[1] if channel else STABLE: NOW},
    )
    return entry, release


def along(running, index, releases, target, **how):
    """Return the plan of the route that is found."""
    names = ("through", "channel", "gone", "closed")
    words = {key: how.pop(key) for key in names if key in how}
    route = find_route(running, index, target=target, **words)
    return plan(running, route, {each: releases[each] for each in route.versions}, **how)


def planned(feed: str, wish: str, surface: str = "usage", **rolling):
    pairs = [parse(word, surface) for word in feed.split()]
    index = Index(entries=tuple(entry for entry, _ in pairs))
    everything = {release.version: release for _, release in pairs}
    start, arrow, *target = wish.split()
    running, wanted = version(start), version(target[0]) if target else None
    closing = {
        version(letter): (Closure(why="frost", origins=(version(origin),) if origin else ()),)
        for letter, origin in re.findall(r"([A-Z]):\S*\^([A-Z]?)", feed)
    }
    how = {"through": arrow == ">>", "closed": closing, **rolling}
    return along(everything[running], index, everything, wanted, **how)


def shown(hop) -> str:
    marks = {"*": hop.is_stop, "%": hop.rolls_instances, "~": "components" in hop.steps}
    return spelled(hop.target) + "".join(mark for mark, is_set in marks.items() if is_set)


def answered(feed: str, wish: str, **more) -> str:
    try:
        return " ".join(shown(hop) for hop in planned(feed, wish, **more).hops)
    except (Refused, NotFound) as refusal:
        return spelled(str(refusal))


@pytest.mark.parametrize(("feed", "wish", "answer"), SCENARIOS)
def test_plan_is_the_one_in_the_table_when_asked(feed, wish, answer):
    found = answered(feed, wish)
    assert found == answer or (answer.startswith("cannot") and found.startswith(answer))


def test_reason_names_the_required_release_when_the_target_lies_past_it():
    found = planned(MIGRATION, "A > D")
    assert spelled(found.reason) == "B is required before D: usage 2 beside 1"
    assert (found.target, found.wanted) == (version("B"), version("D"))
    assert found.stops_at == (version("B"),)


def test_reason_names_what_stops_the_way_back():
    found = planned(MIGRATION, "D > A")
    assert spelled(found.reason) == (
        "B is as far back as it goes: A cannot read what D keeps (usage)"
    )


def test_a_form_that_is_gone_does_not_count_for_a_way_back():
    assert planned(MIGRATION, "B > A").target == version("A")
    with pytest.raises(Refused, match="is the point of no return"):
        planned(MIGRATION, "B > A", gone={"usage": frozenset({1})})


# B was come back to after D, which let go of form 1.
@pytest.mark.parametrize(
    ("feed", "wish", "told"),
    [
        ("B:12/12 C:12/12 E:1/1", "B >> E", None),
        ("B:12/12 C:12/12 E:12/2", "B >> E", "E"),
        ("B:12/12 D:2/2 F:23/23 G:3/13 H:1/1", "B >> H", "F* G* H"),
    ],
)
def test_a_form_that_is_gone_stays_so_until_it_is_made_anew(feed, wish, told):
    gone = {"usage": frozenset({1})}
    if told is None:
        with pytest.raises(Refused, match=r"no way leads there|it cannot read"):
            planned(feed, wish, gone=gone)
    else:
        assert " ".join(shown(hop) for hop in planned(feed, wish, gone=gone).hops) == told


@pytest.mark.parametrize(
    ("feed", "wish", "said"),
    [
        (MIGRATION, "A >", ""),
        (MIGRATION, "B > D", ""),
        (MIGRATION, "A >> D", "from D there is no way back to A, which cannot read what it keeps"),
        ("A:1/1 B:12/2", "A > B", "from B there is no way back to A, which cannot read"),
        ("A:1/1 B:12/2", "B > A", "cannot"),
        (MIGRATION, "D > B", ""),
    ],
)
def test_the_point_of_no_return_is_announced(feed, wish, said):
    try:
        found = spelled(planned(feed, wish).no_return)
    except Refused as refusal:
        found = str(refusal)
    assert found.startswith(said)
    assert bool(found) is bool(said)


def test_what_a_commit_lets_go_of_is_named():
    found = planned(MIGRATION, "A >> D")
    assert [hop.contracts for hop in found.hops] == [(), ("usage: epoch 1",)]


@pytest.mark.parametrize(
    ("wish", "gains"),
    [
        ("A >", ["b"]),
        ("A >> G", ["b", "cefg"]),
        ("B > E", ["ce"]),
        ("E > C", ["c"]),
        ("G > B", ["b"]),
    ],
)
def test_what_apps_gain_through_releases_that_are_skipped_is_told(wish, gains):
    feed = "A:1/1$a B:1/1!$b C:1/1$c D:1/1-$d E:1/1$e F:1/1$f G:1/1$g$c H:1/1@edge$h"
    hops = planned(feed, wish).hops
    assert ["".join(each.feature for each in hop.redeploy) for hop in hops] == gains


@pytest.mark.parametrize(
    ("feed", "channel", "hops"),
    [
        ("A:1/1 B:12/12 C:12/12@edge D:2/2@edge", "stable", "B*"),
        ("A:1/1 B:12/12@edge C:12/12@edge D:2/2@edge", "edge", "B* D"),
        ("A:1/1 B:12/12@edge C:1/1 D:12/12 E:2/2", "stable", "D* E"),
        ("A:1/1 B:12/12 D:2/2@edge", "edge", "cannot update to D: it cannot read what A keeps"),
    ],
)
def test_a_rack_that_changes_to_a_channel_skips_no_stop_of_it(feed, channel, hops):
    assert answered(feed, "A >>", channel=channel).startswith(hops)


def test_what_moves_is_said_only_where_instances_roll():
    moving = {"machines": 3, "moves": (Move(app="hello", service="web", processes=2),)}
    rolled = planned("A:1/1#x B:1/1#y", "A > B", **moving)
    assert (rolled.machines, rolled.moves) == (3, moving["moves"])
    still = planned("A:1/1#x B:1/1#x", "A > B", **moving)
    assert (still.machines, still.moves) == (0, ())
    assert rolled.hash != planned("A:1/1#x B:1/1#y", "A > B").hash


def test_reason_is_empty_when_the_plan_reaches_the_target():
    assert planned(MIGRATION, "A >> D").reason == ""
    assert planned(MIGRATION, "A > B").reason == ""


def test_reason_names_what_cannot_be_read_when_no_stop_is_in_the_way():
    found = planned("A:1/1 B:12/1 C:12/2 D:2/2", "A > D")
    expected = "C is needed on the way to D, which cannot read what A keeps (usage)"
    assert spelled(found.reason) == expected


def test_instances_roll_before_the_last_hop_when_the_next_release_cannot_speak_to_their_agent():
    found = planned("A:1/1#x B:12/12#y C:2/2#z", "A >> C", surface="agent")
    assert [shown(hop) for hop in found.hops] == ["B*%", "C%"]


def test_steps_are_all_of_them_in_order_when_everything_changes():
    (hop,) = planned("A:1/1#x+m B:1/1#y+n", "A > B").hops
    assert hop.steps == STEPS


def test_version_is_refused_when_it_is_not_fourteen_digits():
    entry, release = parse("A:1/1", "usage")
    with pytest.raises(InvalidInput, match="14 digits"):
        along(release, Index(entries=(entry,)), {}, "latest")


def test_plan_goes_on_when_the_feed_does_not_know_the_running_release():
    pairs = [parse(word, "usage") for word in MIGRATION.split()]
    index = Index(entries=tuple(entry for entry, _ in pairs[1:]))
    releases = {release.version: release for _, release in pairs[1:]}
    found = along(pairs[0][1], index, releases, None)
    assert [shown(hop) for hop in found.hops] == ["B*"]


def test_instances_roll_when_they_boot_from_another_image_than_the_running_release_has():
    (entry, running), (newer, target) = parse("A:1/1", "usage"), parse("B:1/1", "usage")
    index = Index(entries=(entry, newer))
    releases = {each.version: each for each in (running, target)}
    found = along(running, index, releases, None, image="old")
    assert found.hops[0].rolls_instances


def test_what_is_closed_is_said_of_newer_releases_up_to_the_wanted_one():
    feed = "A:1/1^ B:1/1 C:1/1^B D:1/1^ E:1/1^"
    found = planned(feed, "A >")
    assert (spelled(found.target), spelled(found.wanted)) == ("C", "C")
    assert {spelled(each): why for each, why in found.closed.items()} == {
        "D": "frost",
        "E": "frost",
    }
    assert planned(feed, "A > C").closed == {}
    assert "D is closed to this rack: frost" in spelled("\n".join(explain(found)))
    assert from_json(to_json(found)) == found


def test_a_plan_that_was_agreed_to_is_another_when_a_release_is_closed_since():
    before, after = planned("A:1/1 B:1/1", "A >"), planned("A:1/1 B:1/1 C:1/1^", "A >")
    said = f"{version('C')} is closed to this rack now: frost"
    assert differences(before, after) == (said,)
    assert differences(after, before) == (f"{version('C')} is open to this rack now",)
