"""What people are told of what a rack decides by itself, moment by moment.

Moments are told as in ``test_decide`` and divided by ``|``; so is what is told in each.
"""

import pytest
from tests.scenarios.automatic.test_decide import outlook, version

from convox.control.automatic.decide import decide
from convox.control.automatic.forecast import Forecast
from convox.control.automatic.news import Told, news

STORIES = [
    # A release is told once, however long nothing else happens.
    ("", ""),
    ("B | B | update=B |", "available B | | |"),
    ("B20 | B20 | B | update=B |", "available B, waiting B cool-down | | | |"),
    ("B20 | B20 C1", "available B, waiting B cool-down | available C"),
    ("B C | B", "available C |"),
    ("Bx", "needs-you B condition"),
    ("B Cx", "available B"),
    # What is over soon, or what a person wanted, is no news.
    ("B deploy=web | B rolling | B off | B held=5 | B pin=A", "available B | | | |"),
    ("B stuck=C | B unreachable | B unasked", "available B | |"),
    # Each reason is told once, though it comes and goes.
    ("B~5 | B20", "available B, waiting B phased roll-out | waiting B cool-down"),
    ("B ill=web | B deploy=web | B ill=web", "available B, waiting B unhealthy | |"),
    (
        "B ill=web | B20 C ill=web",
        "available B, waiting B unhealthy | available C, waiting C unhealthy",
    ),
    # A person has to do something.
    ("B noreturn | B noreturn", "available B, needs-you B no way back |"),
    ("B refused", "available B, needs-you B no way"),
    ("B full", "available B, needs-you B objection"),
    ("B failed=B", "available B, needs-you B failed hop"),
    (
        "B failed=B | B update=B | B failed=B",
        "available B, needs-you B failed hop | | needs-you B failed hop",
    ),
    ("untrusted | untrusted", "needs-you A unverifiable feed |"),
    ("stale | | stale", "needs-you A stale feed | | needs-you A stale feed"),
    (
        "B20 stale | B20 | B20 stale",
        "available B, needs-you A stale feed | waiting B cool-down | needs-you A stale feed",
    ),
    # What runs was withdrawn.
    ("withdrawn | withdrawn", "needs-you A withdrawn |"),
    ("withdrawn | unasked | withdrawn", "needs-you A withdrawn | |"),
    ("withdrawn | B withdrawn", "needs-you A withdrawn | available B, needs-you A withdrawn"),
]


def told(moments):
    known, found = Told(), []
    for moment in moments.split("|"):
        seen = outlook(moment)
        tidings, known = news(Forecast(outlook=seen, action=decide(seen)), known)
        found.append([_spelled(each) for each in tidings])
    return found


def _spelled(each):
    return (
        f"{each.kind} {chr(64 + int(each.version[-2:]))} {each.detail.get('reason', '')}".rstrip()
    )


@pytest.mark.parametrize(("moments", "expected"), STORIES)
def test_what_is_news_is_told_once(moments, expected):
    parts = [part.strip() for part in expected.split("|")]
    assert told(moments) == [part.split(", ") if part else [] for part in parts]


def test_a_notice_says_what_a_person_sees_elsewhere():
    [available, _] = news(Forecast(outlook=outlook("B5!"), action=decide(outlook("B5!"))), Told())[
        0
    ]
    assert (
        available.text == f"{version('B')}, a security release, is available; {version('A')} runs"
    )
    forecast = Forecast(outlook=outlook("B20"), action=decide(outlook("B20")))
    waiting = news(forecast, Told())[0][1]
    assert waiting.text == f"the next update {forecast.action.line}"
    assert waiting.detail["until"] == "2026-01-15T16:00:00.000000Z"
