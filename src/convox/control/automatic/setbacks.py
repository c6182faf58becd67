"""What was tried and left, and is not tried again by itself before something has changed. Pure.

Something has changed when a person acknowledged how it ended, tried again, or set a parameter that
is not only about updates by themselves; or when there is a release that is newer.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from convox.audit.entry import Entry
from convox.control.automatic.outlook import Setback
from convox.control.automatic.policy import OWN
from convox.update.update import Update, UpdateState


def setback(updates: Sequence[Update], running: str, changed: datetime | None) -> Setback | None:
    """Return the newest release that was left since the last success, if there is one.

    ``updates`` are in order, the newest first; ``changed`` is when a parameter was set last.
    """
    found: Setback | None = None
    for update in updates:
        if update.ended is None:
            continue
        one = _of(update)
        is_settled = update.acknowledged or (changed is not None and update.ended < changed)
        if one is None or is_settled:
            break
        if one.version > running and (found is None or one.version > found.version):
            found = one
    return found


def last_change(entries: Iterable[Entry]) -> datetime | None:
    """Return when a parameter was set last, of those on which the end of an update may depend."""
    times = [entry.time for entry in entries if not OWN.issuperset(entry.detail)]
    return max(times, default=None)


def _of(update: Update) -> Setback | None:
    """Return what an update that has ended left; ``None`` where it went where it should."""
    if update.state is UpdateState.UNDONE:
        version = _tried(update)
        why = f"the update to {version} was undone: {update.cause}"
        return Setback(version=version, why=why)
    if update.target < update.origin:
        why = f"{update.asked_by} went back from {update.origin} to {update.target}"
        return Setback(version=update.origin, why=why)
    return None


def _tried(update: Update) -> str:
    """Return the release of the hop that was undone."""
    hops = {hop["origin"]: hop["target"] for hop in update.plan["hops"]}
    version: str = hops.get(update.returns_to, update.target)
    return version
