"""One rack that is updated again and again, and struck each time."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.system.faults import STRIKES, Fault, Place, Release, Struck, page, serves
from tests.system.matrix_table import Outcome
from tests.system.rack import APP, Rack, until
from tests.system.releases import STIRRED

from convox.testing.traffic import Missed

# Where each step is struck: what it is there for has been done, and nobody has recorded it yet.
POINTS: Mapping[str, str] = {
    "fetch": "fetch.artifacts.do.after",
    "preflight": "preflight.objections.do.after",
    "snapshot": "snapshot.copy.do.after",
    "stage": "stage.slot.do.after",
    "expand": "expand.tables.do.after",
    "handoff": "handoff.lease.do.after",
    "components": "components.beside.do.after",
    "instances": "instances.image.do.before",
    "soak": "soak.survey.do.before",
    "commit": "commit.version.do.after",
}
_MOVED = " instances 1 of "
_ENDS = {"done": "target", "undone": "previous"}


@dataclass(slots=True)
class Matrix:
    """Strikes a rack; one that has failed is not used again."""

    make: Callable[[ExitStack], Place]
    held: ExitStack = field(default_factory=ExitStack)
    place: Place | None = None
    has_own_clock: bool = False
    outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict)

    def strike(self, fault: Fault, step: str) -> Outcome:
        """Update the rack under load, strike in the middle, and see that it ends right."""
        if self.place is None:
            self.place, self.has_own_clock = self.make(self.held), False
        place, self.place = self.place, None
        if fault is Fault.CLOCK and not self.has_own_clock:
            place.start_with_own_clock()
            until(lambda: _is_whole(place.rack) and serves(place.rack))
            self.has_own_clock = True
        outcome = _cell(place, fault, step)
        self.place = place
        self.outcomes[fault, step] = outcome
        return outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """What must be as it was when an update was undone."""

    version: str
    slots: set[str]
    images: set[str]


def _cell(place: Place, fault: Fault, step: str) -> Outcome:
    rack = place.rack
    before, visits = _picture(rack), int(page(rack, "web", "/visits"))
    target = _following(before.version)
    with rack.load() as load:
        release = _reach(rack, fault, step, target)
        began = time.monotonic()
        struck = STRIKES[fault](place, release)
        ended = rack.ended()
        took = time.monotonic() - began
        until(lambda: (wanted := _wanted(rack)) and _running(rack) >= wanted)
    until(lambda: _is_whole(rack))  # who had a stream open is gone now
    until(lambda: list(rack.control_planes()) == [rack.version])
    until(lambda: len(_picture(rack).images) == 1)
    after = _picture(rack)
    if ended["state"] == "done":
        assert after.version == target
        assert after.slots == {before.version, target}
        assert after.images != before.images
    else:
        assert ended["state"] == "undone", ended["cause"]
        assert after == before
    assert int(page(rack, "web", "/visits")) >= visits
    excused = _excused(load.report, struck)
    return Outcome(end=_ENDS[ended["state"]], seconds=took, excused=excused)


def _reach(rack: Rack, fault: Fault, step: str, target: str) -> Release:
    """Begin the update and wait until it is where it is to be struck."""
    point = POINTS[step]
    if fault is Fault.REPLY:
        reached = rack.strike(point.replace(".before", ".after"), "lose")
        rack.update(target)
        until(reached.exists)
        reached.unlink()
        return _go_on
    reached = rack.strike(point, "hold")
    rack.update(target)
    until(reached.exists)
    if step != "instances":
        return reached.unlink
    said = rack.story().count(_MOVED)
    reached.unlink()
    until(lambda: rack.story().count(_MOVED) > said)
    return _go_on


def _go_on() -> None:
    """The update is not held."""


def _following(version: str) -> str:
    """Return the next of the releases that differ in everything; after the last, the first."""
    versions = [made.version for made in STIRRED.values()]
    following = dict(pairwise([*versions, versions[0]]))
    return following.get(version, versions[0])


def _picture(rack: Rack) -> _Picture:
    facts = (rack.home / "instances").glob("*/agent.json")
    images = {str(json.loads(each.read_text())["image"]) for each in facts}
    return _Picture(version=rack.version, slots=rack.slots(), images=images)


def _is_whole(rack: Rack) -> bool:
    found = _running(rack)
    return bool(found) and found == _wanted(rack)


def _wanted(rack: Rack) -> Counter[str]:
    """Count the processes that the app's services should have."""
    services: Any = rack.ask(f"/apps/{APP}/services") or []
    return Counter({each["name"]: each["count"] for each in services})


def _running(rack: Rack) -> Counter[str]:
    """Count the app's processes by their service, once the rack has nothing left to do."""
    seen: Any = rack.ask("/system")
    processes: Any = rack.ask(f"/apps/{APP}/processes")
    if not seen or not processes or seen["status"] != "running":
        return Counter()
    return Counter(each["name"] for each in processes if each["status"] == "running")


def _excused(report: Mapping[str, Any], struck: Struck) -> int:
    """Return how many requests failed with what was killed; none may have failed otherwise."""
    missed = [Missed(**each) for each in report["missed"]]
    wrong = [each for each in missed if not struck.excuses(each)]
    assert wrong == [], (struck, report["failures"])
    assert report["websocket"]["open"] or (struck != Struck() and not struck.only_idle)
    return len(missed)
