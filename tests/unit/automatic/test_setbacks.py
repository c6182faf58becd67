"""What is not tried again by itself, as a table.

An update is a word: where it began, ``>``, where it led, ``!`` where it was undone, ``+`` where a
person acknowledged that. The first is the newest. ``B>C>D!C`` had two hops and was undone to C.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest

from convox.audit.entry import Entry
from convox.control.automatic.setbacks import last_change, setback
from convox.update.update import StepRecord, StepState, Update, UpdateState

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
_WORD = re.compile(r"(\w(?:>\w)+)(!(\w)?)?(\+)?")

TABLE = [
    ("", "A", None, ""),
    ("A>B", "B", None, ""),
    ("A>B!", "A", None, "B"),
    ("A>B!+", "A", None, ""),
    ("A>B! A>C!", "A", None, "C"),
    ("A>C! A>B!", "A", None, "C"),
    ("A>C!+ A>D!", "A", None, ""),
    ("A>B! 0>A", "A", None, "B"),
    ("A>B 0>C!", "B", None, ""),
    # A person went back on purpose.
    ("C>B", "B", None, "C"),
    ("C>B+", "B", None, ""),
    ("C>B B>C", "B", None, "C"),
    # An update of two hops was left where its first ended.
    ("A>B>C!B", "B", None, "C"),
    # A parameter was set after the newest, or between the two.
    ("A>B!", "A", 0, ""),
    ("A>C! A>B!", "A", 1, "C"),
]


def update(word, number):
    way, undone, left, seen = _WORD.fullmatch(word).groups()
    origin, *targets = way.split(">")
    hops = [
        {"origin": begin, "target": end}
        for begin, end in zip([origin, *targets], targets, strict=False)
    ]
    done = targets.index(left) + 1 if left else 0
    steps = [
        StepRecord(
            position=hop,
            name="commit",
            hop=hop,
            state=StepState.DONE if hop < done or not undone else StepState.UNDONE,
        )
        for hop in range(len(hops))
    ]
    return Update(
        id=f"U{number}",
        origin=origin,
        target=targets[-1],
        plan={"hops": hops},
        state=UpdateState.UNDONE if undone else UpdateState.DONE,
        cause="soak: web is ill" if undone else "",
        created=NOW - timedelta(hours=number + 1),
        ended=NOW - timedelta(hours=number + 0.5),
        asked_by="ann",
        acknowledged=bool(seen),
        steps=steps,
    )


@pytest.mark.parametrize(("updates", "running", "hours", "version"), TABLE)
def test_this_is_not_tried_again(updates, running, hours, version):
    made = [update(word, number) for number, word in enumerate(updates.split())]
    changed = None if hours is None else NOW - timedelta(hours=hours)
    found = setback(made, running, changed)
    assert (found.version if found else "") == version


def test_the_cause_is_kept():
    undone = setback([update("A>B!", 0)], "A", None)
    assert undone.why == "the update to B was undone: soak: web is ill"
    assert setback([update("C>B", 0)], "B", None).why == "ann went back from C to B"


def entry(hours, *names):
    return Entry(
        number=1,
        time=NOW - timedelta(hours=hours),
        kind="parameter",
        who="ann",
        text="",
        detail={name: {} for name in names},
        previous="",
        digest="",
    )


def test_parameters_that_are_only_about_updates_by_themselves_mend_nothing():
    assert last_change([entry(1, "UpdateHold"), entry(2, "UpdateDelay", "AutoUpdate")]) is None
    assert last_change([entry(2, "SoakTime"), entry(1, "UpdateHold")]) == NOW - timedelta(hours=2)
    assert last_change([entry(1, "UpdateHold", "SoakTime")]) == NOW - timedelta(hours=1)
