"""Where each release of a picture leads: where a rack would be taken that plans for itself."""

from datetime import UTC, datetime

import pytest
from tests.unit.feed.test_admission import GOOD, parse

from convox.feed.index import offered
from convox.feed.paths import way
from convox.feed.published import Published
from convox.feed.release import RackRelease
from convox.feed.stops import stops
from convox.feedtool.picture import picture

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MORE = ["A:1/1 B:12/12 C:12/12 D:2/2 E:23/23 F:2/2 G:3/3", "A:1/1 B:12/1 C:12/2 D:2/2 E:2/2"]


def drawn(index):
    releases = {
        entry.version: RackRelease(
            version=entry.version, notes="", surfaces=entry.surfaces, images={}, artifacts=()
        )
        for entry in index.entries
    }
    return picture(Published(index=index, releases=releases), "stable", NOW)


@pytest.mark.parametrize("feed", [*GOOD, *MORE])
def test_a_release_leads_where_a_rack_would_go(feed):
    index = parse(feed)
    candidates = offered(index, "stable")
    for node in drawn(index):
        entry = index.find(node.version)
        before = stops(index, channel="stable", running=entry)
        is_last = not candidates or node.version >= candidates[-1].version
        hops = None if is_last else way(entry, candidates[-1], candidates, before)
        assert node.leads_to == (hops[0].version if hops else None)
