"""The parameters of updates that happen by themselves, as people write them."""

from datetime import UTC, datetime, timedelta

import pytest

from convox.control.automatic.policy import Hold, parse_duration, parse_hold, read
from convox.control.parameters import PARAMETERS
from convox.errors import InvalidInput


def test_a_rack_updates_itself_unless_it_was_told_not_to():
    policy = read({name: known.default for name, known in PARAMETERS.items()})
    assert policy.is_on
    assert policy.channel == "stable"
    assert policy.windows == ()
    assert policy.delay == timedelta(hours=24)
    assert policy.security_delay == timedelta(hours=6)
    assert policy.hold is None
    assert not policy.consents


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_every_default_is_one_that_could_be_set(name):
    assert PARAMETERS[name].objection(PARAMETERS[name].default) == ""


@pytest.mark.parametrize(
    ("name", "value", "objection"),
    [
        ("AutoUpdate", "yes", "it must be one of on, off"),
        ("UpdateChannel", "Edge!", "it must be the name of a channel, such as stable or edge"),
        ("UpdateWindow", "nightly", "it must be days, hours and a time zone such as"),
        ("UpdateDelay", "1 day", "it must be a number and s, m, h or d, such as 90m or 24h"),
        ("UpdateDelaySecurity", "-1h", "it must be a number and s, m, h or d, such as"),
        ("UpdateInterval", "1s", "it must be from 5s to 1d, such as 10m"),
        ("UpdatePin", "latest", "it must be the version of a rack release, 14 digits"),
        ("UpdateHold", "tomorrow", "it must be forever, a date such as 2027-01-07"),
        ("UpdateHold", "9999-12-31T23:00-02:00", "it must be forever, a date such as"),
    ],
)
def test_what_a_value_must_look_like_is_said(name, value, objection):
    assert PARAMETERS[name].objection(value).startswith(objection)


@pytest.mark.parametrize(
    ("text", "hold"),
    [
        ("", None),
        ("forever", Hold(until=None)),
        ("2027-01-07", Hold(until=datetime(2027, 1, 7, tzinfo=UTC))),
        ("2027-01-07T08:00Z", Hold(until=datetime(2027, 1, 7, 8, tzinfo=UTC))),
        ("2027-01-07T08:00+02:00", Hold(until=datetime(2027, 1, 7, 6, tzinfo=UTC))),
    ],
)
def test_a_hold_is_read(text, hold):
    assert parse_hold(text) == hold


def test_a_hold_ends_at_its_time():
    hold = parse_hold("2027-01-07")
    assert hold.holds(datetime(2027, 1, 6, 23, 59, tzinfo=UTC))
    assert not hold.holds(datetime(2027, 1, 7, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("30s", 30), ("90m", 5400), ("24h", 86400), ("7d", 604800)]
)
def test_a_duration_is_read(text, seconds):
    assert parse_duration(text) == timedelta(seconds=seconds)


def test_a_duration_without_a_unit_is_refused():
    with pytest.raises(InvalidInput):
        parse_duration("24")
