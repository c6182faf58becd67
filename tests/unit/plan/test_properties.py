"""What holds for every plan that is made, whatever the feed says."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from convox.errors import UserError
from convox.feed.admission import troubles
from convox.feed.index import STABLE, Index, entry_for, offered
from convox.feed.release import RackRelease, Surface, begins_migration, can_follow
from convox.plan.plan import from_json, to_json
from convox.plan.planner import plan
from convox.plan.route import find_route

# Most wishes are refused, and how many of the first are is chance.
BRIEFLY = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)
EPOCHS = st.frozensets(st.integers(1, 3), min_size=1)
SURFACE = st.builds(Surface, reads=EPOCHS, writes=EPOCHS)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def feeds(draw, *, superseding=True):
    count = draw(st.integers(2, 7))
    versions = [f"2026010100000{number}" for number in range(count)]
    entries, releases = [], {}
    for position, version in enumerate(versions):
        older = versions[:position] if superseding else []
        supersedes = draw(st.sampled_from([None, None, None, *older]))
        releases[version] = RackRelease(
            version=version,
            notes="",
            surfaces={"usage": draw(SURFACE), "agent": draw(SURFACE)},
            images={"local": draw(st.sampled_from("xyz"))},
            artifacts=(),
        )
        entries.append(
            replace(
                entry_for(releases[version], now=NOW),
                published=draw(st.sampled_from([True, True, True, False])),
                required=draw(st.sampled_from([False, False, True])),
                withdrawn=draw(st.sampled_from([None, None, "broken"])),
                supersedes=supersedes,
            )
        )
    return Index(entries=tuple(entries)), releases


@st.composite
def wishes(draw, *, superseding=True):
    index, releases = draw(feeds(superseding=superseding))
    running = draw(st.sampled_from(sorted(releases)))
    target = draw(st.sampled_from([None, *releases]))
    return index, releases, running, target


def accepted(wish, *, through):
    index, releases, running, target = wish
    try:
        route = find_route(releases[running], index, target=target, through=through)
    except UserError:
        return None
    return plan(releases[running], route, {each: releases[each] for each in route.versions})


@BRIEFLY
@given(wishes())
def test_every_hop_can_follow_the_one_before(wish):
    found = accepted(wish, through=True)
    assume(found)
    releases = wish[1]
    assert found.hops[0].origin == wish[2]
    assert all(one.target == two.origin for one, two in pairwise(found.hops))
    assert all(can_follow(releases[hop.origin], releases[hop.target]) for hop in found.hops)
    assert {hop.target for hop in found.hops} <= {each.version for each in offered(wish[0], STABLE)}


@BRIEFLY
@given(wishes(superseding=False))
def test_no_hop_passes_a_required_release(wish):
    """Requiredness is worked out here a second time, the slow way."""
    found = accepted(wish, through=True)
    index, releases, running, _ = wish
    assume(found and found.target > running)
    after = [
        entry.version
        for entry in index.entries
        if entry.published and entry.withdrawn is None and entry.version > running
    ]
    for previous, version in pairwise([running, *after]):
        derived = begins_migration(releases[previous], releases[version])
        if derived or index.find(version).required:
            assert not any(hop.origin < version < hop.target for hop in found.hops)
            assert all(hop.is_stop for hop in found.hops if hop.target == version)


@BRIEFLY
@given(wishes())
def test_the_plan_of_one_hop_begins_like_the_one_that_goes_through(wish):
    short, whole = accepted(wish, through=False), accepted(wish, through=True)
    assert (short is None) == (whole is None)
    assume(short)
    assert len(short.hops) == 1
    assert short.target == whole.hops[0].target
    assert short.wanted == whole.wanted
    if short.wanted > short.running:
        assert whole.target == whole.wanted
    else:
        assert whole.wanted <= whole.target < whole.running
    assert bool(short.reason) == (short.target != short.wanted)


@BRIEFLY
@given(wishes())
def test_a_plan_survives_being_stored(wish):
    found = accepted(wish, through=True)
    assume(found)
    stored = to_json(found)
    assert from_json(stored) == found
    assert stored["hash"] == found.hash
    assert found.hash != replace(found, reason="another").hash


@BRIEFLY
@given(wishes())
def test_instances_boot_from_the_targets_image_when_the_plan_has_ended(wish):
    found = accepted(wish, through=True)
    assume(found)
    _, releases, running, _ = wish
    image = releases[running].images["local"]
    for hop in found.hops:
        target = releases[hop.target]
        if hop.rolls_instances:
            assert target.images["local"] != image
            image = target.images["local"]
        assert hop.rolls_instances == ("instances" in hop.steps)
    assert image == releases[found.target].images["local"]


def lost_ways(index):
    """Return the troubles that are about ways; epochs that go back are another matter."""
    return [each for each in troubles(index) if "cannot be reached" in each or "no way" in each]


def admitted(index):
    """Return the feed as it grows when what would strand a rack is not published."""
    kept = Index()
    for entry in index.entries:
        follows = entry.supersedes is None or kept.find(entry.supersedes)
        grown = kept.put(entry if follows else replace(entry, supersedes=None))
        kept = kept if lost_ways(grown) else grown
    return kept


@BRIEFLY
@given(feeds(), st.data())
def test_every_rack_has_a_way_to_the_newest_release_when_the_feed_is_admitted(feed, data):
    index, releases = admitted(feed[0]), feed[1]
    assume(offered(index, STABLE))
    newest = offered(index, STABLE)[-1].version
    older = [each.version for each in index.entries if each.published and each.version < newest]
    assume(older)
    running = data.draw(st.sampled_from(older))
    found = accepted((index, releases, running, None), through=True)
    assert found.target == newest


@BRIEFLY
@given(feeds())
def test_exactly_the_racks_are_named_that_have_no_way_when_a_feed_is_not_admitted(feed):
    index, releases = feed
    found = lost_ways(index)
    assume(offered(index, STABLE) and not any("cannot be reached" in each for each in found))
    newest = offered(index, STABLE)[-1].version
    older = [each.version for each in index.entries if each.published and each.version < newest]
    without = [each for each in older if not accepted((index, releases, each, None), through=True)]
    assert [each.split()[3] for each in found] == without
