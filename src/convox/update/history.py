"""What the history keeps of an update: each step, what was seen, and how it ended."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from convox.audit import Kind, append
from convox.audit.history import append_sample
from convox.host.clock import Clock
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Keeps how everything was doing during an update; ``who`` is the version that looked."""

    lease: Lease
    clock: Clock
    who: str

    def keep(self, hop: HopInHand, seen: Survey) -> None:
        """Keep what was seen, where that has changed."""
        with self.lease.fenced() as connection:
            append_sample(connection, **self._entry(hop, seen))

    def conclude(self, hop: HopInHand, seen: Survey) -> None:
        """Keep what was seen last, also where that is as before."""
        with self.lease.fenced() as connection:
            append(connection, kind=Kind.SAMPLE, **self._entry(hop, seen))

    def _entry(self, hop: HopInHand, seen: Survey) -> dict[str, Any]:
        return {
            "now": self.clock.now(),
            "who": f"rackd {self.who}",
            "text": "; ".join(ailments(seen)) or "all is well",
            "detail": {"update": hop.update, "target": hop.target.version, "seen": asdict(seen)},
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
