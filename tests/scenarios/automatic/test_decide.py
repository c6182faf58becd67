"""What a rack does by itself, as lines of text.

It is Thursday, 2026-01-15 12:00 in UTC, and release A runs. A capital letter is a release that is
offered, for 99 hours or the hours behind it: ``B``, ``B20``; ``!`` marks a security release, ``~5``
one that the phased roll-out reaches in five hours, ``~`` at an unknown time, ``x`` one that a
condition closes. Lower-case words are what else is so. The answer is what comes next, the reason,
the release that it is about, and in how many hours.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from convox.control.automatic.action import ActionKind
from convox.control.automatic.decide import alarm, decide
from convox.control.automatic.forecast import Forecast
from convox.control.automatic.offers import target_of
from convox.control.automatic.outlook import (
    FeedState,
    NextHop,
    Offer,
    Outlook,
    Setback,
    Trouble,
    UnderWay,
)
from convox.control.automatic.policy import AUTOMATIC, Hold, Policy
from convox.control.automatic.window import parse_windows
from convox.plan.estimate import Interval

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)

SCENARIOS = [
    # Nothing is offered, or something that nothing keeps from being taken.
    ("", "up to date: newest"),
    ("B", "starts: ready B"),
    ("B C", "starts: ready C"),
    # What is asked of the feed comes before what it says.
    ("B unasked", "waits: feed not asked yet"),
    ("B untrusted", "stopped: unverifiable feed"),
    ("B stale", "stopped: stale feed"),
    ("B unreachable", "waits: feed unreachable +1"),
    ("stale", "stopped: stale feed"),
    ("B off stale", "stopped: stale feed"),
    # A person wants it so.
    ("B off", "stopped: off B"),
    ("B held", "stopped: held B"),
    ("B held=5", "waits: held B +5"),
    ("B held=-1", "starts: ready B"),
    ("off held", "up to date: newest"),
    ("B C pin=B", "starts: ready B"),
    ("C pin=B", "stopped: pinned C"),
    ("B20 C pin=B", "waits: cool-down B +4"),
    # The cool-down takes the newest release that is through it, and no newer one starves it.
    ("B20", "waits: cool-down B +4"),
    ("B C20 D1", "starts: ready B"),
    ("B20 C1", "waits: cool-down B +4"),
    ("B7!", "starts: ready B"),
    ("B5!", "waits: cool-down B +1"),
    ("B7! C7", "starts: ready B"),
    ("B7 C7!", "starts: ready C"),
    ("B1 delay=0", "starts: ready B"),
    ("B1! delay=3", "waits: cool-down B +2"),
    ("B7 withdrawn", "starts: ready B"),
    # The phased roll-out, and conditions.
    ("B~5", "waits: phased roll-out B +29"),
    ("B!~5", "waits: phased roll-out B +11"),
    ("B~", "waits: phased roll-out B"),
    ("B C~5", "starts: ready B"),
    ("B20~5", "waits: phased roll-out B +29"),
    # The cool-down begins when the roll-out reaches the rack.
    ("B~-1", "waits: cool-down B +23"),
    ("B~-25", "starts: ready B"),
    ("Bx", "stopped: condition B"),
    ("B Cx", "starts: ready B"),
    ("Bx C20", "waits: cool-down C +4"),
    # A required release on the way counts for itself.
    ("B C hop=B", "starts: ready B"),
    ("B20 C hop=B", "waits: cool-down B +4"),
    ("Bx C hop=B", "stopped: condition B"),
    ("B C hop=B failed=B", "stopped: failed hop B"),
    ("B refused", "stopped: no way B"),
    ("B unplanned", "waits: not planned yet B"),
    ("B hop=Q", "stopped: no way B"),
    # What failed is not tried again, nor is what is older; what is newer may mend it.
    ("B failed=B", "stopped: failed hop B"),
    ("B C failed=C", "stopped: failed hop C"),
    ("B C failed=B", "starts: ready C"),
    ("B C20 failed=B", "waits: cool-down C +4"),
    # No way leads back.
    ("B noreturn", "stopped: no way back B"),
    ("B noreturn pass", "starts: ready B"),
    # The window: it must be open for as long as the update may take.
    ("B window=thu_11:00-13:00", "starts: ready B"),
    ("B window=thu_14:00-15:00", "waits: window B +2"),
    ("B window=fri_11:00-13:00", "waits: window B +23"),
    ("B window=thu_11:00-13:00 takes=59", "starts: ready B"),
    ("B window=thu_11:00-13:00 takes=61", "waits: window B +167"),
    ("B window=thu_11:00-13:00 takes=121", "stopped: window B"),
    ("B20 window=fri_11:00-13:00", "waits: cool-down B +4"),
    # What goes on here.
    ("B deploy=web", "waits: deploy under way B"),
    ("B rolling", "waits: instances not at rest B"),
    ("B ill=web", "waits: unhealthy B"),
    ("B unsurveyed", "waits: not surveyed yet B"),
    ("B rolling unsurveyed", "waits: instances not at rest B"),
    ("B unread", "stopped: unreadable parameter B"),
    ("B full", "stopped: objection B"),
    ("B ill=web window=fri_11:00-13:00", "waits: window B +23"),
    ("B update=C", "waits: update under way C"),
    ("B paused=C", "waits: update under way C"),
    ("B stuck=C", "stopped: update cannot be undone"),
    ("B off update=C", "waits: update under way C"),
    ("update=B stale", "waits: update under way B"),
]

BLOCKERS = (
    *("off", "unread", "held", "pin=A", "untrusted", "stale", "unreachable", "unasked", "failed=E"),
    *(
        "refused",
        "unplanned",
        "noreturn",
        "window=fri_01:00-02:00",
        "deploy=web",
        "rolling",
        "unsurveyed",
        "ill=web",
    ),
    *("full", "update=C", "paused=C", "stuck=C"),
)

_OFFER = re.compile(r"([A-Z])(\d+)?(!)?(~(-?\d+)?)?(x)?")


def version(letter):
    return f"202601010000{ord(letter) - 64:02}"


def offer(match):
    letter, hours, security, ramped, reaches, closed = match.groups()
    reached = NOW - timedelta(hours=99)
    if ramped:
        reached = NOW + timedelta(hours=int(reaches)) if reaches else None
    return Offer(
        version=version(letter),
        since=NOW - timedelta(hours=int(hours or 99)),
        security=security is not None,
        reached=reached,
        closed="it has another libc" if closed else "",
    )


def policy(words):
    hold = words.get("held")
    until = NOW + timedelta(hours=int(hold)) if hold else None
    return Policy(
        is_on="off" not in words,
        delay=timedelta(hours=int(words.get("delay", 24))),
        windows=parse_windows(words.get("window", "").replace("_", " ")),
        pin=version(words["pin"]) if "pin" in words else "",
        hold=Hold(until=until) if "held" in words else None,
        consents="pass" in words,
        unread="UpdateDelay is '2w', and it is none" if "unread" in words else "",
    )


def feed(words):
    trouble = next((each for each in Trouble if each in words), None)
    return FeedState(
        is_read="unasked" not in words,
        seen=NOW - timedelta(hours=2),
        trouble=trouble,
        text="it says so" if trouble else "",
        since=NOW - timedelta(hours=1) if trouble else None,
        asks=NOW + timedelta(hours=1) if trouble else None,
    )


def under_way(words):
    for name in ("update", "paused", "stuck"):
        if name in words:
            return UnderWay(
                target=version(words[name]),
                asked_by="ann",
                is_paused=name == "paused",
                cause="the disk is full" if name == "stuck" else "",
            )
    return None


def outlook(text):
    offers = [offer(match) for word in text.split() if (match := _OFFER.fullmatch(word))]
    pairs = [word.partition("=") for word in text.split() if word[0].islower()]
    words = {name: value for name, _, value in pairs}
    seen = Outlook(
        now=NOW,
        running=version("A"),
        policy=policy(words),
        feed=feed(words),
        offers=tuple(offers),
        withdrawn="it loses mail" if "withdrawn" in words else "",
        setback=Setback(version=version(words["failed"]), why="soak: web is ill")
        if "failed" in words
        else None,
        under_way=under_way(words),
        deploying=(words["deploy"],) if "deploy" in words else (),
        is_at_rest="rolling" not in words,
        is_surveyed="unsurveyed" not in words,
        ailments=(f"service {words['ill']}/web is ill",) if "ill" in words else (),
        objections=("the disk is full",) if "full" in words else (),
    )
    target = target_of(seen)
    if target is None or "unplanned" in words:
        return seen
    hop = NextHop(
        wanted=target,
        target=version(words["hop"]) if "hop" in words else target,
        takes=Interval(low=0, high=60 * float(words.get("takes", 1))),
        no_return="no way leads back" if "noreturn" in words else "",
        refusal="cannot update: it cannot be read" if "refused" in words else "",
    )
    return replaced(seen, next_hop=hop)


def replaced(seen, **changes):
    values = {name: getattr(seen, name) for name in Outlook.__dataclass_fields__}
    return Outlook(**{**values, **changes})


def spelled(action):
    words = f"{action.kind}: {action.reason}" if action.kind != action.reason else str(action.kind)
    if action.target:
        words += f" {chr(64 + int(action.target[-2:]))}"
    if action.until:
        words += f" +{(action.until - NOW) / timedelta(hours=1):g}"
    return words


@pytest.mark.parametrize(("facts", "answer"), SCENARIOS)
def test_a_rack_does_this_by_itself(facts, answer):
    assert spelled(decide(outlook(facts))) == answer


def test_each_rack_begins_at_its_own_time_of_a_window_and_says_so():
    seen = outlook("B window=thu_14:00-18:00")
    offers = tuple(replace(each, place=25.0) for each in seen.offers)
    action = decide(replace(seen, offers=offers))
    assert action.until == NOW + timedelta(hours=2, minutes=15)
    begins = decide(replace(seen, offers=offers, now=action.until))
    assert begins.kind is ActionKind.STARTS


def test_an_update_that_the_rack_began_is_said_to_be_its_own():
    own = replace(outlook("B"), under_way=UnderWay(target=version("B"), asked_by=AUTOMATIC))
    assert decide(own).why.endswith(" is under way, asked for by the rack itself")


@pytest.mark.parametrize("blocker", BLOCKERS)
@pytest.mark.parametrize("offers", ["B", "B C! D~-2", "B C D E", "B7! C2", "B20 C30!"])
def test_nothing_begins_while_anything_is_in_the_way(offers, blocker):
    assert not spelled(decide(outlook(f"{offers} {blocker}"))).startswith("starts")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ("B20", "waits until 2026-01-15 16:00Z: {B} is offered to this rack for less than 24h (U"),
        ("B5!", "waits until 2026-01-15 13:00Z: {B} is offered to this rack for less than 6h (Up"),
        ("B off", "stopped: AutoUpdate is off; `convox rack update` begins it, AutoUpdate=on"),
        ("B stale", "stopped: the feed is stale since 2026-01-15 11:00Z: it says so; tell its"),
        ("B failed=B", "stopped: soak: web is ill; try again with `convox rack update`"),
        ("B ill=web", "waits: service web/web is ill; mend that first"),
        ("", "channel stable offers nothing newer than {A}"),
    ],
)
def test_it_is_said_so_to_a_person(facts, words):
    expected = words.format(A=version("A"), B=version("B"))
    assert decide(outlook(facts)).line.startswith(expected)


@pytest.mark.parametrize(
    ("facts", "way_out"),
    [
        ("B20 withdrawn", "leave it with `convox rack update`, {B} is offered"),
        ("withdrawn", "no other release is offered, ask its publisher"),
    ],
)
def test_a_withdrawn_release_that_runs_is_said_with_the_way_out(facts, way_out):
    said = alarm(outlook(facts))
    assert said.startswith(f"{version('A')}, which runs, was withdrawn: it loses mail; ")
    assert said.endswith(way_out.format(B=version("B")))


def test_an_older_release_is_a_way_out_too():
    seen = replaced(outlook("withdrawn"), older="20251201000000")
    assert Forecast(outlook=seen, action=decide(seen)).newest == "20251201000000"
    assert alarm(seen).endswith("go back with `convox rack update 20251201000000`")


def test_a_release_that_is_closed_to_this_rack_is_no_way_out():
    seen = outlook("B20 withdrawn")
    closed = tuple(replace(each, closed="condition frost") for each in seen.offers)
    assert alarm(replaced(seen, offers=closed)).endswith(
        "no other release is offered, ask its publisher"
    )


def test_nothing_is_said_of_a_release_that_was_not_withdrawn():
    assert alarm(outlook("B")) == ""
