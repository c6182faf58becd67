"""What came of each fault in each step, as the table that stands in the documentation."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.stage import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "crash-matrix.md"
_INTRODUCTION = """\
# The crash matrix

Each step of an update was struck by each fault, on real processes and under load; `make matrix`
does it again and writes this page. A cell says where the update ended, by itself, and how many
seconds after the fault: at its **target**, or exactly at the **previous** version, with the
software, the images and the processes that there were before.

What strikes comes when the step has done its work and nobody has recorded that yet; in `instances`
when one of two instances has rolled. Processes are killed with signal 9. A full disk is a file
system of the rack's own without a free byte, but for the app's Redis, which lies on another;
records are unwritable where the control plane may write to no file; both last five seconds. A lost
reply is an effect that happened while whoever asked for it hears of a broken connection. The clock
jumps by an hour, forth in one cell and back in the next; it is the rack's alone, and times that
programs measure go on.

A request to the app may fail only where it was on what was killed: on the instance that died, and
where that had every copy of a service, until one runs elsewhere; from HAProxy's death until it
accepts again; from the loss of power until the app answers again; and where the clock is put forth,
which HAProxy 2.6 may take for time in which its clients' kept connections were idle, on one that it
closed then. `+n` counts these. Every other
request was answered, and elsewhere the one open websocket stayed open.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a cell ended: ``end`` is ``target`` or ``previous``, ``seconds`` count from the fault."""

    end: str
    seconds: float
    excused: int

    def __str__(self) -> str:
        lost = f" +{self.excused}" if self.excused else ""
        return f"{self.end} {self.seconds:.0f} s{lost}"


def table(outcomes: Mapping[tuple[str, str], Outcome], steps: Sequence[str]) -> str:
    """Return the outcomes, a row for each step and a column for each fault."""
    faults = list(dict.fromkeys(fault for fault, _ in outcomes))
    rows = [["step", *faults], ["---"] * (len(faults) + 1)]
    for step in steps:
        found = [outcomes.get((fault, step)) for fault in faults]
        rows.append([step, *(str(each) if each else "" for each in found)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def summary(outcomes: Mapping[tuple[str, str], Outcome]) -> str:
    """Return the figures that are true of all cells."""
    ends = Counter(each.end for each in outcomes.values())
    excused = sum(each.excused for each in outcomes.values())
    longest = max(each.seconds for each in outcomes.values())
    return (
        f"{len(outcomes)} cells, {ends['target']} ended at the target and {ends['previous']} at the"
        f" previous version, the last of them after {longest:.0f} s; {excused} requests were lost"
        " where they may be, and none otherwise"
    )


def write(outcomes: Mapping[tuple[str, str], Outcome], steps: Sequence[str]) -> None:
    """Put the table where people read it."""
    text = f"{_INTRODUCTION}\n{table(outcomes, steps)}\n{summary(outcomes)}.\n"
    Path(DOCUMENT).write_text(text)
