"""What of an update is told to people who do not look; the journal records it with the rest."""

from datetime import datetime

import sqlalchemy as sa

from convox.notices import outbox
from convox.notices.notice import NoticeKind
from convox.update.update import Update, UpdateEvent, UpdateState

_REMEDY = "mend that, the undo is tried again"
_STUCK, _BLOCKED = "update cannot be undone", "roll held up"
_LOOK = "`convox rack update status` says what it waits for"


def begun(connection: sa.Connection, update: Update) -> None:
    """Tell that an update has begun."""
    _tell(
        connection,
        update,
        NoticeKind.STARTED,
        f"the update from {update.origin} to {update.target} has begun",
        now=update.created,
        asked_by=update.asked_by,
    )


def happened(
    connection: sa.Connection, update: Update, event: UpdateEvent, *, now: datetime, cause: str
) -> None:
    """Tell what has happened to an update that was ``update`` before, where people should know."""
    target = update.target
    match event:
        case UpdateEvent.ALL_DONE:
            text = f"the update from {update.origin} to {target} is done"
            _tell(connection, update, NoticeKind.DONE, text, now=now)
        case UpdateEvent.ALL_UNDONE:
            back, why = update.returns_to, update.cause
            text = f"the update to {target} is undone, {back} runs: {why}"
            _tell(connection, update, NoticeKind.UNDONE, text, now=now, runs=back, cause=why)
        case UpdateEvent.STEP_FAILED if update.state is not UpdateState.ROLLBACK:
            text = f"the update to {target} has failed and is being undone: {cause}"
            _tell(connection, update, NoticeKind.FAILED, text, now=now, cause=cause)
        case UpdateEvent.UNDO_FAILED:
            text = f"the update to {target} cannot be undone: {cause}; {_REMEDY}"
            _tell(
                connection,
                update,
                NoticeKind.NEEDS_YOU,
                text,
                now=now,
                reason=_STUCK,
                cause=cause,
                way_out=_REMEDY,
            )
        case _:
            pass


def held_up(connection: sa.Connection, update: Update, *, now: datetime, blocker: str) -> None:
    """Tell that a roll does not get on, while there is time to do something about it."""
    text = f"the update to {update.target} is held up: {blocker}"
    _tell(
        connection,
        update,
        NoticeKind.NEEDS_YOU,
        text,
        now=now,
        reason=_BLOCKED,
        cause=blocker,
        way_out=_LOOK,
    )


def _tell(
    connection: sa.Connection,
    update: Update,
    kind: NoticeKind,
    text: str,
    *,
    now: datetime,
    **more: str,
) -> None:
    detail = {"update": update.id, "origin": update.origin, **more}
    outbox.put(connection, kind=kind, now=now, version=update.target, text=text, detail=detail)
