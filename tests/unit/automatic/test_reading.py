"""What an index offers a rack."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from convox.control.automatic.reading import offers, older, withdrawn
from convox.feed.condition import Closure
from convox.feed.index import Index, entry_for
from convox.feed.ramp import Ramp, position
from convox.feed.release import RackRelease, Surface

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
A, B, C, D = (f"2026010100000{number}" for number in range(4))
RACK = "0123456789abcdef"


def entry(version, *, since=NOW, channels=("stable",), writes=(1,), **more):
    one = frozenset(writes)
    release = RackRelease(
        version=version,
        notes="",
        surfaces={"state": Surface(reads=one, writes=one)},
        images={},
        artifacts=(),
    )
    offered = dict.fromkeys(channels, since)
    return replace(entry_for(release, now=NOW), channels=offered, **more)


def found(*entries, running=A, channel="stable", closed=()):
    index = Index(entries=entries)
    offered = offers(
        index,
        channel=channel,
        running=running,
        rack=RACK,
        closed={version: (Closure(why="libc", origins=origins),) for version, origins in closed},
        gone={},
    )
    return {offer.version: offer for offer in offered}


def test_what_is_newer_in_the_channel_is_offered():
    entries = (entry(A), entry(B, channels=("edge",)), entry(C), entry(D, withdrawn="it forgets"))
    assert list(found(*entries)) == [C]
    assert list(found(*entries, channel="edge")) == [B]
    assert list(found(*entries, running=C)) == []


def test_it_is_offered_since_the_channel_has_it():
    promoted = NOW + timedelta(days=3)
    offer = found(entry(B, since=promoted, security=True), closed=[(B, ())])[B]
    assert (offer.since, offer.reached, offer.security) == (promoted, promoted, True)
    assert offer.closed == "libc"


def test_what_only_a_closed_release_leads_to_is_closed_by_that_one():
    lineage = entry(A), entry(B), entry(C, writes=(1, 2)), entry(D, writes=(2,))
    closed = {each.version: each.closed for each in found(*lineage, closed=[(C, ())]).values()}
    why = f"on the way there {C} is required (state 2 beside 1) and is closed by libc"
    assert closed == {B: "", C: "libc", D: why}


def test_what_is_closed_from_here_alone_is_open_where_another_way_leads_there():
    offered = found(entry(A), entry(B), entry(C), closed=[(C, (A,))])
    assert [each.closed for each in offered.values()] == ["", ""]
    assert [each.closed for each in found(entry(A), entry(C), closed=[(C, (A,))]).values()] == [
        "libc"
    ]


def test_a_ramp_reaches_the_rack_at_its_place():
    place = position(RACK, B)
    ramp = Ramp(percent=0, since=NOW, until=NOW + timedelta(hours=100))
    reached = found(entry(B, ramp=ramp))[B].reached
    assert abs(reached - (NOW + timedelta(hours=place))) < timedelta(seconds=1)
    assert found(entry(B, ramp=ramp))[B].place == place
    assert found(entry(B, ramp=Ramp(percent=place / 2, since=NOW)))[B].reached is None


def test_a_running_release_that_was_withdrawn_is_known():
    index = Index(entries=(entry(A), entry(B, withdrawn="it loses mail"), entry(C)))
    assert withdrawn(index, B) == "it loses mail"
    assert withdrawn(index, A) == withdrawn(index, D) == ""
    assert older(index, channel="stable", running=B, closed={}) == A
    assert older(index, channel="stable", running=B, closed={A: (Closure(why="libc"),)}) == ""
    assert older(index, channel="stable", running=A, closed={}) == ""
