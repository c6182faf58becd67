"""``convox rack update check|hold|pin`` against a peer that answers for a rack."""

import json
from datetime import UTC, datetime, timedelta

import pytest

CHECK = {
    "version": "20260101000000",
    "channel": "stable",
    "available": "20260201000000",
    "next": {
        "action": "waits",
        "reason": "cool-down",
        "why": "20260201000000 is offered for less than 24h (UpdateDelay)",
        "until": "2026-02-02T00:00:00Z",
        "target": "20260201000000",
        "way_out": "",
        "line": "waits until 2026-02-02 00:00Z: 20260201000000 is offered for less than 24h",
    },
    "alarm": "",
    "feed": {
        "seen": "2026-02-01T03:04:05Z",
        "trouble": "",
        "text": "",
        "since": None,
        "asks": "2026-02-01T03:14:05Z",
    },
}
STALE = {
    **CHECK["feed"],
    "trouble": "stale",
    "text": "it was not signed again",
    "since": "2026-02-01T00:00:00Z",
}


def test_a_check_asks_the_feed_and_says_what_comes_next(typed, peer):
    peer.answer("POST /system/update/check", CHECK)
    assert typed("rack update check").out == (
        "Version    20260101000000\n"
        "Channel    stable\n"
        "Available  20260201000000\n"
        "Feed       verified 2026-02-01 03:04Z\n"
        "Next       waits until 2026-02-02 00:00Z: 20260201000000 is offered for less than 24h\n"
    )
    assert json.loads(typed("rack update check --json").out) == CHECK


def test_a_hold_and_a_pin_are_shown_beside_what_comes_next(typed, peer):
    kept = {"hold": "until 2026-02-03 00:00Z", "pin": "20260101000000"}
    peer.answer("POST /system/update/check", {**CHECK, **kept})
    peer.answer("GET /system", {"name": "dev", "available": "2", **kept})
    lines = "Hold       until 2026-02-03 00:00Z\nPin        20260101000000\n"
    assert typed("rack update check").out.endswith(lines)
    assert typed("rack").out.endswith(lines)


def test_a_check_says_what_is_wrong_with_the_feed_and_with_what_runs(typed, peer):
    peer.answer("POST /system/update/check", {**CHECK, "feed": STALE, "alarm": "it loses mail"})
    out = typed("rack update check").out
    assert "Feed       stale since 2026-02-01 00:00Z: it was not signed again\n" in out
    assert out.endswith("Alarm      it loses mail\n")


@pytest.mark.parametrize(
    ("line", "parameter", "said"),
    [
        ("hold", "UpdateHold=forever", "Holding the rack for good... OK\n"),
        ("hold 2027-01-07", "UpdateHold=2027-01-07", "Holding the rack until 2027-01-07... OK\n"),
        ("unhold", "UpdateHold=", "Letting the rack update itself again... OK\n"),
        (
            "pin 20260101000000",
            "UpdatePin=20260101000000",
            "Pinning the rack to 20260101000000... OK\n",
        ),
        ("unpin", "UpdatePin=", "Letting the rack go past its pin... OK\n"),
    ],
)
def test_what_the_rack_may_do_is_a_parameter_of_it(typed, peer, line, parameter, said):
    peer.answer("PUT /system", "")
    ended = typed(f"rack update {line}")
    assert (ended.status, ended.out, ended.err) == (0, said, "")
    assert peer.requests == [f"PUT /system parameters={parameter}"]


def test_a_hold_of_days_ends_that_far_from_now(typed, peer):
    peer.answer("PUT /system", "")
    now = datetime.now(UTC)
    said = typed("rack update hold 3d").out
    ends = {f"{now + timedelta(days=3, seconds=late):%Y-%m-%dT%H:%MZ}" for late in (0, 30)}
    assert said.removeprefix("Holding the rack until ").removesuffix("... OK\n") in ends


@pytest.mark.parametrize("until", ["2020-01-01", "0d", "0h", "2020-01-01T08:00+02:00"])
def test_a_hold_that_is_over_at_once_is_refused(typed, peer, until):
    ended = typed(f"rack update hold {until}")
    assert (ended.status, peer.requests) == (1, [])
    assert "that is past; say a later time, or none to hold it for good" in ended.err


def test_a_pin_is_the_version_that_runs_where_none_is_named(typed, peer):
    peer.answer("GET /system", {"name": "dev", "version": "20260101000000"})
    peer.answer("PUT /system", "")
    assert typed("rack update pin").out == "Pinning the rack to 20260101000000... OK\n"


def test_the_rack_shows_what_comes_next(typed, peer):
    system = {"name": "dev", "version": "1", "available": "2", "next": "waits: why", "alarm": ""}
    peer.answer("GET /system", system)
    out = typed("rack").out
    assert "Available  2\n" in out
    assert "Next       waits: why\n" in out
    assert "Alarm" not in out
