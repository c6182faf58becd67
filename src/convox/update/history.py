"""What the history keeps of an update: each step, what was seen, and how it ended."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from convox.audit import Kind, append
from convox.audit.history import append_sample
from convox.state.lease import Lease
from convox.update.steps.step import HopInHand
from convox.update.survey import Survey, ailments
from convox.update.update import StepEvent, StepRecord, Update, UpdateEvent

_KINDS: Mapping[UpdateEvent, Kind] = {
    UpdateEvent.ALL_DONE: Kind.DONE,
    UpdateEvent.ALL_UNDONE: Kind.UNDONE,
    UpdateEvent.STEP_FAILED: Kind.FAILED,
    UpdateEvent.UNDO_FAILED: Kind.FAILED,
    UpdateEvent.UNDO_MENDED: Kind.RESUMED,
}


def step(
    connection: sa.Connection,
    update: Update,
    record: StepRecord,
    event: StepEvent,
    *,
    now: datetime,
    who: str,
) -> None:
    """Keep that something happened to a step; ``who`` is the version that did it."""
    append(
        connection,
        now=now,
        kind=Kind.STEP,
        who=f"rackd {who}",
        text=f"{record.name} {event}",
        detail={"update": update.id, "hop": record.hop},
    )


def outcome(
    connection: sa.Connection,
    update: Update,
    event: UpdateEvent,
    *,
    now: datetime,
    who: str,
    cause: str,
) -> None:
    """Keep what became of an update, and why."""
    text = f"update to {update.target}: {event}"
    append(
        connection,
        now=now,
        kind=_KINDS[event],
        who=f"rackd {who}",
        text=f"{text}: {cause}" if cause else text,
        detail={"update": update.id},
    )


def sample(lease: Lease, hop: HopInHand, seen: Survey, *, now: datetime, who: str) -> None:
    """Keep how everything was doing, where that has changed."""
    with lease.fenced() as connection:
        append_sample(connection, now=now, who=f"rackd {who}", **_said(hop, seen))


def last_sample(lease: Lease, hop: HopInHand, seen: Survey, *, now: datetime, who: str) -> None:
    """Keep how everything was doing in the end, also where that is as before."""
    with lease.fenced() as connection:
        append(connection, now=now, kind=Kind.SAMPLE, who=f"rackd {who}", **_said(hop, seen))


def _said(hop: HopInHand, seen: Survey) -> dict[str, Any]:
    return {
        "text": "; ".join(ailments(seen)) or "all is well",
        "detail": {"update": hop.update, "target": hop.target.version, "seen": asdict(seen)},
    }
