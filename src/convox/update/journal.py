"""What an update did and is doing: the memory that outlives every control plane.

All writes are fenced by the lease, so that an updater that was only slow cannot write over the one
that took over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from convox.errors import Refused
from convox.plan.estimate import INSTANCES
from convox.plan.plan import STEPS
from convox.state import facts as known
from convox.state.schema import update_steps, updates
from convox.update import told
from convox.update.update import (
    ACTIVE,
    FORWARD,
    StepEvent,
    StepRecord,
    StepState,
    Update,
    UpdateEvent,
    UpdateState,
)

# Made once: to make a statement takes longer than to run it, and these are asked again and again.
_ACTIVE = sa.select(updates.c.id).where(
    sa.or_(*(updates.c.state == state for state in sorted(ACTIVE)))
)
_LATEST = sa.select(updates.c.id).order_by(updates.c.created.desc()).limit(1)
_ASKER = sa.select(updates.c.asked_by).where(
    sa.or_(*(updates.c.state == state for state in sorted(FORWARD)))
)
_NEWEST_IDS = sa.select(updates.c.id).order_by(updates.c.created.desc()).limit(sa.bindparam("most"))
_PAUSED = sa.select(updates.c.id).where(updates.c.state == UpdateState.PAUSED)
_UPDATE = sa.select(updates).where(updates.c.id == sa.bindparam("id"))
_STEPS = (
    sa.select(update_steps)
    .where(update_steps.c.update == sa.bindparam("id"))
    .order_by(update_steps.c.position)
)
_STATE = sa.select(updates.c.state).where(updates.c.id == sa.bindparam("id"))
_NEWEST = sa.select(sa.func.max(updates.c.created))
_PAST = (
    sa.select(update_steps, updates.c.plan)
    .join(updates, updates.c.id == update_steps.c.update)
    .where(update_steps.c.state == StepState.DONE)
    .order_by(update_steps.c.ended.desc())
    .limit(sa.bindparam("most"))
)
_ADD_UPDATE, _ADD_STEPS = updates.insert(), update_steps.insert()
_RECORD_UPDATE = updates.update().where(updates.c.id == sa.bindparam("of_update"))
_RECORD_STEP = update_steps.update().where(
    update_steps.c.update == sa.bindparam("of_update"),
    update_steps.c.position == sa.bindparam("at_position"),
)
_MOMENT = timedelta(microseconds=1)
_HELD_SINCE = "update held since"


class CalledOff(Exception):
    """A step must not begin: a person has called its update off."""


def begin(
    connection: sa.Connection,
    *,
    id: str,  # noqa: A002 - the column's name
    origin: str,
    target: str,
    plan: Mapping[str, Any],
    steps: Sequence[tuple[int, str]],
    now: datetime,
    asked_by: str,
) -> Update:
    """Record a new update; ``steps`` are the hop's number and the step's name, in order.

    One update at a time: ``Refused`` while another is active.
    """
    refuse_second(connection)
    connection.execute(
        _ADD_UPDATE,
        {
            "id": id,
            "origin": origin,
            "target": target,
            "plan": plan,
            "state": UpdateState.UPDATING,
            "cause": "",
            "created": _after_all(connection, now),
            "asked_by": asked_by,
            "acknowledged": False,
        },
    )
    connection.execute(
        _ADD_STEPS,
        [
            {
                "update": id,
                "position": position,
                "name": name,
                "state": StepState.PENDING,
                "facts": {"hop": hop},
            }
            for position, (hop, name) in enumerate(steps)
        ],
    )
    begun = load(connection, id)
    told.begun(connection, begun)
    return begun


def refuse_second(connection: sa.Connection) -> None:
    """Fail with ``Refused`` while an update is active."""
    running = active(connection)
    if running is not None:
        raise Refused(
            f"cannot update the rack: an update to {running.target} is under way ({running.state});"
            " wait for it with `convox rack wait`"
        )


def active(connection: sa.Connection) -> Update | None:
    """Return the update that still has something to do or to undo."""
    found = connection.execute(_ACTIVE).scalar()
    return None if found is None else load(connection, found)


def is_paused(connection: sa.Connection) -> bool:
    """Say whether a person holds an update."""
    return connection.execute(_PAUSED).first() is not None


def asker(connection: sa.Connection) -> str | None:
    """Return who asked for the update that goes on; ``None`` where none does, or one turns back."""
    found: str | None = connection.execute(_ASKER).scalar()
    return found


def latest(connection: sa.Connection) -> Update | None:
    """Return the newest update, whatever became of it."""
    found = connection.execute(_LATEST).scalar()
    return None if found is None else load(connection, found)


def newest(connection: sa.Connection, *, limit: int) -> Sequence[Update]:
    """Return the newest updates, the newest first."""
    found = connection.execute(_NEWEST_IDS, {"most": limit}).scalars().all()
    return [load(connection, each) for each in found]


def load(connection: sa.Connection, id: str) -> Update:  # noqa: A002 - the column's name
    """Return an update with its steps."""
    row = connection.execute(_UPDATE, {"id": id}).one()
    return Update(
        id=row.id,
        origin=row.origin,
        target=row.target,
        plan=row.plan,
        state=UpdateState(row.state),
        cause=row.cause,
        created=row.created,
        ended=row.ended,
        asked_by=row.asked_by,
        acknowledged=row.acknowledged,
        steps=[_step(step) for step in connection.execute(_STEPS, {"id": id})],
    )


def record_step(
    connection: sa.Connection,
    update: Update,
    step: StepRecord,
    event: StepEvent,
    *,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> StepRecord:
    """Record what happened to a step, and with ``BEGUN`` the facts its undo needs.

    ``CalledOff`` where a step would begin in an update that does not go on.
    """
    if event is StepEvent.BEGUN and _state(connection, update.id) not in FORWARD:
        raise CalledOff
    following = step.after(event)
    values: dict[str, Any] = {"state": following.state}
    if event is StepEvent.BEGUN:
        values["started"] = now
    else:
        values["ended"] = now
    if facts is not None:
        following = replace(following, facts=facts)
        values["facts"] = {**facts, "hop": step.hop}
    which = {"of_update": update.id, "at_position": step.position}
    connection.execute(_RECORD_STEP, {**which, **values})
    return following


def record_update(
    connection: sa.Connection,
    update: Update,
    event: UpdateEvent,
    *,
    now: datetime,
    cause: str = "",
) -> UpdateState:
    """Record what happened to an update; a first cause is kept."""
    following = update.after(event)
    if event is UpdateEvent.PAUSED:
        known.put(connection, _HELD_SINCE, now.isoformat())
    elif event is UpdateEvent.RESUMED:
        _leave_out(connection, update, now)
    values: dict[str, Any] = {"state": following}
    if following not in ACTIVE:
        values["ended"] = now
    if cause:
        values["cause"] = f"{update.cause}; {cause}" if update.cause else cause
    connection.execute(_RECORD_UPDATE, {"of_update": update.id, **values})
    told.happened(connection, update, event, now=now, cause=cause)
    return following


def _leave_out(connection: sa.Connection, update: Update, now: datetime) -> None:
    """Do not count for a roll the time for which it was held; another step went on meanwhile."""
    step, since = update.under_way, known.get(connection, _HELD_SINCE)
    if since is None or step is None or step.started is None or step.name != INSTANCES:
        return
    held = now - max(step.started, datetime.fromisoformat(since))
    which = {"of_update": update.id, "at_position": step.position}
    connection.execute(_RECORD_STEP, {**which, "started": step.started + held})


def acknowledge(connection: sa.Connection, update: Update) -> None:
    """Note that a person has seen how an update ended."""
    connection.execute(_RECORD_UPDATE, {"of_update": update.id, "acknowledged": True})


def past_durations(connection: sa.Connection, *, limit: int) -> Mapping[str, Sequence[float]]:
    """Return how many seconds the newest runs of each step took, as ``plan.estimate`` wants it."""
    found: dict[str, list[float]] = {}
    for row in connection.execute(_PAST, {"most": limit * len(STEPS)}):
        known = found.setdefault(row.name, [])
        if len(known) < limit:
            known.append((row.ended - row.started).total_seconds() / _parts(row))
    return found


def _after_all(connection: sa.Connection, now: datetime) -> datetime:
    """Return a time after all updates before, also where the clock was set back since."""
    newest = connection.execute(_NEWEST).scalar()
    return now if newest is None else max(now, newest + _MOMENT)


def _state(connection: sa.Connection, id: str) -> UpdateState:  # noqa: A002 - the column's name
    return UpdateState(connection.execute(_STATE, {"id": id}).scalar_one())


def _parts(row: sa.Row[Any]) -> int:
    """Return how many like parts a step consists of: a roll takes as long as its machines do."""
    return (row.plan.get("machines") or 1) if row.name == INSTANCES else 1


def _step(row: sa.Row[Any]) -> StepRecord:
    facts = dict(row.facts)
    return StepRecord(
        position=row.position,
        name=row.name,
        hop=facts.pop("hop"),
        state=StepState(row.state),
        facts=facts,
        started=row.started,
        ended=row.ended,
    )
