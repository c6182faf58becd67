"""The nouns of a plan, and its stored form. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
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

    ``migrations`` says which surfaces change their form, for a person, and ``contracts`` which
    forms its commit lets go of. ``why_stop`` says why the target cannot be skipped, where it
    cannot.
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
    contracts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A service whose processes change the instance when the instances roll.

    ``seconds`` without any process of it are expected, for the reason ``why``; 0 needs none.
    """

    app: str
    service: str
    processes: int
    seconds: float = 0.0
    why: str = ""

    @property
    def name(self) -> str:
        """The name of the service, with its app's."""
        return f"{self.app}/{self.service}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The hops that an update will make.

    ``target`` is where it ends, ``wanted`` the release that was asked for, or the newest.
    ``stops_at`` are the required releases on its way. ``reason`` says why it ends where it does,
    empty where that is the wanted one. ``machines`` are rolled, and ``moves`` are what that moves.
    ``no_return`` says from which release on there is no way back to the running one, and why;
    empty where there is always one. ``closed`` are newer releases that a condition closes to this
    rack, and why.
    """

    running: str
    target: str
    wanted: str
    hops: tuple[Hop, ...]
    stops_at: tuple[str, ...]
    reason: str
    machines: int = 0
    moves: tuple[Move, ...] = ()
    no_return: str = ""
    closed: Mapping[str, str] = field(default_factory=dict)

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
        machines=values.get("machines", 0),
        moves=tuple(Move(**each) for each in values.get("moves", ())),
        no_return=values.get("no_return", ""),
        closed=values.get("closed", {}),
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
        contracts=tuple(values.get("contracts", ())),
    )
