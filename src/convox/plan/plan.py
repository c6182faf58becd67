"""The nouns of a plan, and its stored form. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from convox.feed.release import Redeploy

STEPS = (
    "fetch",
    "preflight",
    "snapshot",
    "stage",
    "expand",
    "handoff",
    "components",
    "instances",
    "soak",
    "commit",
)
"""What a hop may consist of, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """The move from one rack release to another.

    ``migrations`` says which surfaces change their form, for a person. ``why_stop`` says why the
    target cannot be skipped, where it cannot.
    """

    origin: str
    target: str
    steps: tuple[str, ...]
    rolls_instances: bool
    migrations: tuple[str, ...]
    notes: str
    redeploy: tuple[Redeploy, ...]
    is_stop: bool
    why_stop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The hops that an update will make.

    ``target`` is where it ends, ``wanted`` the release that was asked for, or the newest.
    ``stops_at`` are the required releases on its way. ``reason`` says why it ends where it does,
    empty where that is the wanted one.
    """

    running: str
    target: str
    wanted: str
    hops: tuple[Hop, ...]
    stops_at: tuple[str, ...]
    reason: str

    @property
    def hash(self) -> str:
        """What the plan says, in 64 hexadecimal digits: another plan has another hash."""
        content = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()


def to_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON values, its hash among them."""
    values: dict[str, Any] = json.loads(json.dumps(asdict(plan)))
    return {"hash": plan.hash, **values}


def from_json(values: Mapping[str, Any]) -> Plan:
    """Return the plan that ``to_json`` wrote."""
    return Plan(
        running=values["running"],
        target=values["target"],
        wanted=values["wanted"],
        hops=tuple(_hop(hop) for hop in values["hops"]),
        stops_at=tuple(values["stops_at"]),
        reason=values["reason"],
    )


def _hop(values: Mapping[str, Any]) -> Hop:
    return Hop(
        origin=values["origin"],
        target=values["target"],
        steps=tuple(values["steps"]),
        rolls_instances=values["rolls_instances"],
        migrations=tuple(values["migrations"]),
        notes=values["notes"],
        redeploy=tuple(Redeploy(**each) for each in values["redeploy"]),
        is_stop=values["is_stop"],
        why_stop=values["why_stop"],
    )
