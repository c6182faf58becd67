"""Which racks a release has reached, and when it reaches one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox.feed.ramp import Ramp, position, reached, share

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RAMP = Ramp(percent=20, since=NOON, until=NOON + 8 * HOUR)


@pytest.mark.parametrize(
    ("hours", "percent"), [(-1, 0), (0, 20), (2, 40), (4, 60), (8, 100), (9, 100)]
)
def test_share_grows_evenly_until_it_is_all(hours, percent):
    assert share(RAMP, NOON + hours * HOUR) == pytest.approx(percent)


def test_share_stays_where_there_is_no_end():
    still = replace(RAMP, until=None)
    assert share(still, NOON + 1000 * HOUR) == 20
    assert reached(still, 19.9) == NOON
    assert reached(still, 20) is None


@given(st.floats(0, 100, exclude_max=True), st.integers(0, 100))
def test_a_place_is_reached_when_the_share_has_grown_to_it(place, percent):
    ramp = replace(RAMP, percent=percent)
    moment = reached(ramp, place)
    assert share(ramp, moment) >= place - 0.001
    assert moment == NOON or share(ramp, moment - timedelta(seconds=1)) < place


def test_places_are_spread_evenly_and_others_for_each_release():
    racks = [f"rack-{number}" for number in range(2000)]
    first = [position(rack, "20260101000000") for rack in racks]
    second = [position(rack, "20260102000000") for rack in racks]
    assert first == [position(rack, "20260101000000") for rack in racks]
    assert all(0 <= place < 100 for place in first)
    early = {rack for rack, place in zip(racks, first, strict=True) if place < 10}
    again = {rack for rack, place in zip(racks, second, strict=True) if place < 10}
    assert 150 < len(early) < 250
    assert len(early & again) < 50
