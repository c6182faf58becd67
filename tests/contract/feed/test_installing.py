"""Which part of the index a rack reads that is to be installed."""

import asyncio

import pytest

from convox.errors import NotFound
from convox.feed.index import STABLE, entry_for
from convox.installer import fetching

VERSIONS = [f"2026010100{number:04}" for number in range(40)]


@pytest.fixture
def many(workshop):
    """A feed of two pages; the channel ``old`` has nothing on the second one."""
    now = workshop.clock.now()
    built = [workshop.build(version) for version in VERSIONS]

    def marks(release):
        entry = entry_for(release, now=now)
        entry.channels.update({"old": now} if release.version == VERSIONS[3] else {})
        return entry

    workshop.publisher.publish(built, marks)
    return workshop


def chosen(workshop, wanted, channel):
    index = asyncio.run(fetching._index(workshop.rack(), wanted, channel))
    return fetching.choose(index, wanted, channel), len(index.entries)


def test_the_newest_release_is_found_without_the_rest(many):
    assert chosen(many, None, STABLE) == (VERSIONS[-1], 8)


def test_all_is_read_where_the_channel_has_nothing_new(many):
    assert chosen(many, None, "old") == (VERSIONS[3], 40)


def test_a_named_release_is_found_wherever_it_is(many):
    assert chosen(many, VERSIONS[2], STABLE) == (VERSIONS[2], 40)
    with pytest.raises(NotFound, match=f"the newest is {VERSIONS[-1]}"):
        chosen(many, "20260201000000", STABLE)
