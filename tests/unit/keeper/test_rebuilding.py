"""What a lost record must have been: ``built; running; directed; committed`` and the answer."""

import pytest

from convox.keeper.rebuilding import Traces, Untraceable, rebuilt
from convox.keeper.record import Process

CASES = {
    "what runs goes on": ("A; A; A; A", "A committed after None, A serving"),
    "the records say what to start when nothing runs": ("A B; ; B; A", "A committed after None"),
    "what acts is on trial until it is committed": (
        "A B; A B; B; A",
        "B trial after A, A leaving, B serving",
    ),
    "what was staged only does not act": ("A B; A; A; ", "A committed after None, A serving"),
    "the API leads to it when the records cannot be read": (
        "A B; ; B; ",
        "B committed after None",
    ),
    "the oldest that is built is the last guess": ("A B; ; ; ", "A committed after None"),
    "a slot that is not built is not started": ("A; ; B; B", "A committed after None"),
    "there is no way back to a slot that is gone": (
        "B; B; B; A",
        "B committed after None, B serving",
    ),
}


def traces(text: str) -> Traces:
    built, running, directed, committed = (part.split() for part in f"{text} ".split(";"))
    process = Process(number=1, started=1, since=0)
    return Traces(
        built=built,
        running=dict.fromkeys(running, process),
        directed="".join(directed),
        committed="".join(committed),
    )


@pytest.mark.parametrize(("found", "answer"), CASES.values(), ids=CASES.keys())
def test_a_lost_record_is_rebuilt_from_its_traces(found: str, answer: str):
    record = rebuilt(traces(found))
    roles = [f"{slot} {each.role}" for slot, each in sorted(record.processes.items())]
    said = ", ".join([f"{record.current} {record.phase} after {record.previous}", *roles])
    assert said == answer


def test_nothing_can_be_started_when_no_slot_is_built():
    with pytest.raises(Untraceable, match="no slot is built"):
        rebuilt(traces("; ; A; A"))
