"""Update the rack to release after release under steady load, with calm in between."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.__main__ import RACK
from demo.screen import Screen
from demo.stage import Stage, Traffic

from benchmarks import records

CALM = 10.0  # seconds of load alone before each update
_POLL = 0.25  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredUpdate:
    """What the traffic saw in an update, and in the calm before it."""

    id: str
    name: str
    calm: Mapping[str, Any]
    during: Mapping[str, Any]


def update_in_turn(
    stage: Stage, home: Path, traffic: Traffic, targets: Mapping[str, str], screen: Screen
) -> tuple[MeasuredUpdate, ...]:
    """Update to each of the versions; ``targets`` is by the name each is shown under."""
    done: dict[str, str] = {}
    for name, version in targets.items():
        traffic.phase(f"before {name}")
        time.sleep(CALM)
        with screen.act(f"updating to {name} under load"):
            traffic.phase(name)
            stage.run("convox", "rack", "update", version, "--rack", RACK)
            done[name] = _await_end(home, version)
    traffic.phase("after")
    phases = traffic.stop()["phases"]
    return tuple(
        MeasuredUpdate(id=found, name=name, calm=phases[f"before {name}"], during=phases[name])
        for name, found in done.items()
    )


def _await_end(home: Path, version: str) -> str:
    """Wait for the update to end well, and return its id."""
    while True:
        (latest,) = records.rows(home, "SELECT * FROM updates ORDER BY created DESC LIMIT 1")
        if latest["ended"] is not None:
            break
        time.sleep(_POLL)
    if latest["target"] != version or latest["state"] != "done":
        raise RuntimeError(f"the update to {version} ended {latest['state']}: {latest['cause']}")
    return str(latest["id"])
