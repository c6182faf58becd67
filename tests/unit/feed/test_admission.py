"""What a publisher is told about a feed: ``C`` is ``letter:reads/writes``, ``-`` is withdrawn."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from convox.feed.admission import troubles
from convox.feed.index import STABLE, Index, entry_for, latest, offered
from convox.feed.release import RackRelease, Surface
from convox.feed.stops import stops

GOOD = [
    "",
    "A:1/1",
    "A:1/1 B:1/1",
    "A:1/1 B:12/12 C:12/12 D:2/2",
    "A:1/1 B:12/12- C:12/12 D:2/2",
    "A:1/1 B:12/1 C:12/2 D:2/2",
    "A:1/1 B:12/12 C:23/23 D:3/3",
]

BAD = {
    "A:1/1 B:2/2": (
        "B cannot be reached: it cannot read what A keeps (usage), a contract without its expand;"
        " publish a release between the two"
    ),
    "A:1/1 B:12/12- D:2/2": "D cannot be reached: it cannot read what A keeps (usage)",
    "A:1/1 B:12/12 C:3/3": "C cannot be reached: it cannot read what B keeps (usage)",
    "A:1/1 B:12/12 C:2/2 D:12/12": "D goes back to usage 1, after 2 was written",
    "A:1/1 B:9/9- C:1/1": "racks that run B have no way to C: it cannot read what B keeps (usage)",
}


def parse(text: str):
    entries = []
    for letter, reads, writes, mark in re.findall(r"([A-Z]):(\d+)/(\d+)(-?)", text):
        surface = Surface(reads=frozenset(map(int, reads)), writes=frozenset(map(int, writes)))
        release = RackRelease(
            version=letter, notes="", surfaces={"usage": surface}, images={}, artifacts=()
        )
        entry = entry_for(release, now=datetime(2026, 1, 1, tzinfo=UTC))
        entries.append(replace(entry, withdrawn="broken" if mark else None))
    return Index(entries=tuple(entries))


@pytest.mark.parametrize("feed", GOOD)
def test_feed_is_admitted_when_every_rack_has_a_way(feed):
    assert troubles(parse(feed)) == ()


@pytest.mark.parametrize(("feed", "trouble"), BAD.items())
def test_trouble_is_named_when_a_rack_has_no_way(feed, trouble):
    (found,) = troubles(parse(feed))
    assert trouble in found


def test_reason_says_which_epochs_stand_beside_each_other_when_a_release_is_required():
    index = parse("A:1/1 B:12/12 C:123/123 D:3/3")
    found = {stop.version: stop.why for stop in stops(index, channel=STABLE)}
    assert found == {"B": "usage 2 beside 1", "C": "usage 3 beside 1 and 2"}


def test_latest_is_the_newest_that_was_not_withdrawn_when_asked():
    index = parse("A:1/1 B:1/1 C:1/1-")
    assert latest(index, STABLE) == "B"
    assert [each.version for each in offered(index, STABLE)] == ["A", "B"]
    assert latest(index, "edge") is None
