"""The window, as it opens on the clocks of its zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox.control.automatic.window import fitting, parse_windows
from convox.errors import InvalidInput

HOUR = timedelta(hours=1)

# The window, the moment, the minutes it takes, and when it may run: from and to, both in UTC.
OPENINGS = [
    ("thu 11:00-13:00", "01-15 12:00", 10, "01-15 12:00", "01-15 13:00"),
    ("thu 11:00-13:00", "01-15 12:00", 60, "01-15 12:00", "01-15 13:00"),
    ("thu 11:00-13:00", "01-15 12:00", 61, "01-22 11:00", "01-22 13:00"),
    ("thu 11:00-13:00", "01-15 13:00", 0, "01-22 11:00", "01-22 13:00"),
    ("11:00-13:00", "01-15 13:00", 0, "01-16 11:00", "01-16 13:00"),
    ("daily 11:00-13:00", "01-15 13:00", 0, "01-16 11:00", "01-16 13:00"),
    ("mon-thu 02:00-05:00 Europe/Berlin", "01-15 12:00", 9, "01-19 01:00", "01-19 04:00"),
    ("mon-thu 02:00-05:00 Europe/Berlin", "07-16 12:00", 9, "07-20 00:00", "07-20 03:00"),
    # Past midnight it belongs to the day on which it opened.
    ("thu 22:00-02:00", "01-16 01:00", 30, "01-16 01:00", "01-16 02:00"),
    ("fri 22:00-02:00", "01-16 01:00", 30, "01-16 22:00", "01-17 02:00"),
    ("sun 23:00-01:00 Asia/Tokyo", "01-15 12:00", 30, "01-18 14:00", "01-18 16:00"),
    # Days that touch are one, and so are windows.
    ("sat-sun 00:00-24:00", "01-17 23:00", 180, "01-17 23:00", "01-19 00:00"),
    ("fri-mon 20:00-20:00", "01-17 23:00", 180, "01-17 23:00", "01-20 20:00"),
    ("thu 11:00-13:00; thu 13:00-15:00", "01-15 12:00", 150, "01-15 12:00", "01-15 15:00"),
    ("fri 01:00-02:00; thu 13:00-15:00", "01-15 12:00", 9, "01-15 13:00", "01-15 15:00"),
    # In Berlin the clocks skip from 2:00 to 3:00 on March 29, and show 2:00 to 3:00 twice on
    # October 25.
    ("sun 01:30-03:30 Europe/Berlin", "03-28 12:00", 9, "03-29 00:30", "03-29 01:30"),
    ("sun 01:30-03:30 Europe/Berlin", "03-28 12:00", 90, "04-04 23:30", "04-05 01:30"),
    ("sun 02:30-03:15 Europe/Berlin", "03-28 12:00", 9, "04-05 00:30", "04-05 01:15"),
    ("sun 01:30-03:30 Europe/Berlin", "10-24 12:00", 170, "10-24 23:30", "10-25 02:30"),
    ("sun 02:10-02:40 Europe/Berlin", "10-24 12:00", 9, "10-25 00:10", "10-25 00:40"),
]


def at(text):
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


@pytest.mark.parametrize(("text", "now", "minutes", "begins", "ends"), OPENINGS)
def test_an_update_may_run_then(text, now, minutes, begins, ends):
    span = fitting(parse_windows(text), at(now), timedelta(minutes=minutes))
    assert (span.begins, span.ends) == (at(begins), at(ends))


def test_one_that_takes_longer_than_the_window_never_begins():
    assert fitting(parse_windows("thu 11:00-13:00"), at("01-15 12:00"), 3 * HOUR) is None


# The window, the moment, the minutes it takes, how late a rack begins, and when that is.
BEGINS = [
    ("fri 01:00-05:00", "01-15 12:00", 10, 0.0, "01-16 01:00"),
    ("fri 01:00-05:00", "01-15 12:00", 10, 0.5, "01-16 01:30"),
    ("fri 01:00-05:00", "01-15 12:00", 232, 0.5, "01-16 01:02"),
    ("fri 01:00-01:40", "01-15 12:00", 20, 0.5, "01-16 01:05"),
    ("fri 01:00-01:20", "01-15 12:00", 20, 0.9, "01-16 01:00"),
    # It has opened: whose time has come begins, and the others still wait for theirs.
    ("thu 11:45-15:00", "01-15 12:00", 10, 0.2, "01-15 12:00"),
    ("thu 11:45-15:00", "01-15 12:00", 10, 0.5, "01-15 12:15"),
    # What goes on from an earlier one has not opened just now.
    ("thu 08:00-11:50; thu 11:50-15:00", "01-15 12:00", 10, 0.5, "01-15 12:00"),
    ("daily 11:50-11:50", "01-15 12:00", 10, 0.5, "01-15 12:00"),
    ("daily 00:00-24:00", "01-15 00:10", 10, 0.5, "01-15 00:10"),
]


@pytest.mark.parametrize(("text", "now", "minutes", "part", "begins"), BEGINS)
def test_racks_that_share_a_window_do_not_all_begin_when_it_opens(text, now, minutes, part, begins):
    span = fitting(parse_windows(text), at(now), timedelta(minutes=minutes), part)
    assert span.begins == at(begins)


def test_no_window_is_none():
    assert parse_windows(" ") == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("at night", "it must be days, hours and a time zone such as"),
        ("02:00-05:00 Europe/Berlin now", "it must be days, hours and a time zone such as"),
        ("mon-day 02:00-05:00", "its days must be daily, or of mon tue wed"),
        ("mo 02:00-05:00", "its days must be daily, or of mon tue wed"),
        ("2:00-5:00", "its hours must be from 00:00 to 24:00"),
        ("02:00-25:00", "its hours must be from 00:00 to 24:00"),
        ("02:00-05:00 Europe/Atlantis", "its time zone must be one that this machine knows"),
        ("02:00-05:00 ../passwd", "it must be days, hours and a time zone such as"),
        ("02:00-05:00; later", "it must be days, hours and a time zone such as"),
    ],
)
def test_what_is_no_window_is_said_so(text, why):
    with pytest.raises(InvalidInput, match=f"^{why}"):
        parse_windows(text)


@given(
    hours=st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(0, 23)),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    passed=st.integers(0, 24 * 365),
    minutes=st.integers(0, 600),
    part=st.floats(0, 1),
)
def test_what_begins_within_a_window_may_end_there(hours, zone, passed, minutes, part):
    day, opens, closes = hours
    name = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day]
    windows = parse_windows(f"{name} {opens:02}:00-{closes:02}:00 {zone}")
    now, takes = at("01-01 00:00") + passed * HOUR, timedelta(minutes=minutes)
    span = fitting(windows, now, takes, part)
    if span is None:
        assert takes >= ((closes - opens) % 24 or 24) * HOUR - HOUR
        return
    assert span.begins >= now
    assert span.ends - span.begins >= takes
    assert span.ends.astimezone(windows[0].zone).hour in {closes, (closes + 1) % 24}
