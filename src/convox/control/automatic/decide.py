"""What a rack does next by itself. Pure.

``TABLE`` is read from top to bottom, and the first row with an answer gives it: what a rack does
not do has one reason. Where no row has one, an update begins.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from convox.control.automatic.action import Action, ActionKind, Reason, stopped, waits
from convox.control.automatic.offers import keeps_from, keeps_from_all, target_of
from convox.control.automatic.outlook import Outlook, Trouble
from convox.control.automatic.policy import AUTO, AUTOMATIC, CONSENT, HOLD, OFF, ON, PASS, WINDOW
from convox.control.automatic.window import fitting
from convox.control.automatic.words import moment

_COMMAND = "`convox rack update`"
_BY_HAND = f"{_COMMAND} begins it"


def decide(outlook: Outlook) -> Action:
    """Return what comes next."""
    found = next((action for row in TABLE if (action := row(outlook))), None)
    return found or _starts(outlook)


def alarm(outlook: Outlook) -> str:
    """Return that the running release was withdrawn, and the way out; empty where it was not."""
    if not outlook.withdrawn:
        return ""
    way_out = "no other release is offered, ask its publisher"
    if newest := outlook.newest_open:
        way_out = f"leave it with `convox rack update`, {newest.version} is offered"
    elif outlook.older:
        way_out = f"go back with `convox rack update {outlook.older}`"
    return f"{outlook.running}, which runs, was withdrawn: {outlook.withdrawn}; {way_out}"


def _under_way(outlook: Outlook) -> Action | None:
    update = outlook.under_way
    if update is None:
        return None
    if update.cause:
        why = f"the update to {update.target} cannot be undone: {update.cause}"
        return stopped(Reason.STUCK, why, "mend that, the undo is tried again")
    state = "is paused" if update.is_paused else "is under way"
    asker = "the rack itself" if update.asked_by == AUTOMATIC else update.asked_by
    why = f"an update to {update.target} {state}, asked for by {asker}"
    return waits(Reason.UNDER_WAY, why, target=update.target)


def _feed_in_trouble(outlook: Outlook) -> Action | None:
    feed = outlook.feed
    if feed.trouble is None:
        why = "the feed was not asked yet"
        return None if feed.is_read else waits(Reason.UNASKED, why, until=feed.asks)
    since = f" since {moment(feed.since)}" if feed.since else ""
    if feed.trouble is Trouble.UNREACHABLE:
        return waits(
            Reason.UNREACHABLE, f"the feed does not answer{since}: {feed.text}", until=feed.asks
        )
    if feed.trouble is Trouble.STALE:
        why = f"the feed is stale{since}: {feed.text}"
        return stopped(Reason.STALE, why, "tell its publisher")
    why = f"the feed cannot be verified{since}: {feed.text}"
    return stopped(Reason.UNTRUSTED, why, "nothing of it is used")


def _newest(outlook: Outlook) -> Action | None:
    if outlook.offers:
        return None
    why = f"channel {outlook.policy.channel} offers nothing newer than {outlook.running}"
    return Action(kind=ActionKind.UP_TO_DATE, reason=Reason.NEWEST, why=why)


def _off(outlook: Outlook) -> Action | None:
    if outlook.policy.is_on:
        return None
    way_out = f"{_BY_HAND}, {AUTO}={ON} lets the rack"
    newest = outlook.offers[-1].version
    return stopped(Reason.OFF, f"{AUTO} is {OFF}", way_out, target=newest)


def _unread(outlook: Outlook) -> Action | None:
    if not outlook.policy.unread:
        return None
    newest = outlook.offers[-1].version
    way_out = f"set it again, or begin it with {_COMMAND}"
    return stopped(Reason.UNREAD, outlook.policy.unread, way_out, target=newest)


def _held(outlook: Outlook) -> Action | None:
    hold, newest = outlook.policy.hold, outlook.offers[-1].version
    if hold is None or not hold.holds(outlook.now):
        return None
    way_out = "`convox rack update unhold`"
    if hold.until is None:
        return stopped(Reason.HELD, f"the rack is held ({HOLD})", way_out, target=newest)
    why = f"the rack is held ({HOLD})"
    return waits(Reason.HELD, why, until=hold.until, target=newest, way_out=way_out)


def _kept_from(outlook: Outlook) -> Action | None:
    """Return what keeps this rack from every release, or from the one on the way to the target."""
    if target_of(outlook) is None:
        return keeps_from_all(outlook)
    hop = outlook.next_hop
    if hop is None or hop.refusal:
        return None
    on_the_way = next((each for each in outlook.offers if each.version == hop.target), None)
    return keeps_from(on_the_way, outlook) if on_the_way else None


def _no_way(outlook: Outlook) -> Action | None:
    hop = outlook.next_hop
    if hop is not None and not hop.refusal and _is_offered(hop.target, outlook):
        return None
    target = target_of(outlook) or ""
    if hop is None:
        return waits(Reason.UNPLANNED, f"the way to {target} is not planned yet", target=target)
    why = hop.refusal or "there is no plan"
    return stopped(Reason.NO_WAY, why, "`convox rack update --plan` says more", target=target)


def _no_return(outlook: Outlook) -> Action | None:
    hop = outlook.next_hop
    if hop is None or not hop.no_return or outlook.policy.consents:
        return None
    way_out = f"agree with `convox rack update --yes`, or for every update with {CONSENT}={PASS}"
    return stopped(Reason.NO_RETURN, hop.no_return, way_out, target=hop.target)


def _window(outlook: Outlook) -> Action | None:
    hop, windows = outlook.next_hop, outlook.policy.windows
    if hop is None or not windows:
        return None
    takes = timedelta(seconds=hop.takes.high)
    part = next((each.place for each in outlook.offers if each.version == hop.target), 0.0) / 100
    span = fitting(windows, outlook.now, takes, part)
    if span is None:
        why = f"{WINDOW} is never open for the {_minutes(takes)} that the update may take"
        return stopped(Reason.WINDOW, why, f"{_BY_HAND}, or widen it", target=hop.target)
    if span.begins <= outlook.now:
        return None
    why = f"{hop.target} is to begin within {WINDOW}, and to end there: it takes up to"
    return waits(
        Reason.WINDOW,
        f"{why} {_minutes(takes)}, and not all racks begin at once",
        until=span.begins,
        target=hop.target,
        way_out=_BY_HAND,
    )


def _deploying(outlook: Outlook) -> Action | None:
    if not outlook.deploying:
        return None
    why = f"app {', '.join(outlook.deploying)} is being deployed"
    return waits(Reason.DEPLOY, why, target=_target(outlook))


def _rolling(outlook: Outlook) -> Action | None:
    if outlook.is_at_rest:
        return None
    why = "the instances are not as they should be yet"
    return waits(Reason.ROLL, why, target=_target(outlook))


def _unsurveyed(outlook: Outlook) -> Action | None:
    if outlook.is_surveyed:
        return None
    why = "it is not known yet whether the rack is well"
    return waits(Reason.UNSURVEYED, why, target=_target(outlook))


def _unhealthy(outlook: Outlook) -> Action | None:
    if not outlook.ailments:
        return None
    why = "; ".join(outlook.ailments)
    return waits(Reason.UNHEALTHY, why, target=_target(outlook), way_out="mend that first")


def _objected(outlook: Outlook) -> Action | None:
    if not outlook.objections:
        return None
    return stopped(Reason.OBJECTION, "; ".join(outlook.objections), "", target=_target(outlook))


TABLE: Sequence[Callable[[Outlook], Action | None]] = (
    _under_way,
    _feed_in_trouble,
    _newest,
    _off,
    _unread,
    _held,
    _kept_from,
    _no_way,
    _no_return,
    _window,
    _deploying,
    _rolling,
    _unsurveyed,
    _unhealthy,
    _objected,
)
"""What keeps an update from beginning, in the order in which a person is told."""


def _starts(outlook: Outlook) -> Action:
    target = _target(outlook)
    return Action(
        kind=ActionKind.STARTS,
        reason=Reason.READY,
        why=f"nothing keeps {target} from being taken",
        target=target,
    )


def _target(outlook: Outlook) -> str:
    return outlook.next_hop.target if outlook.next_hop else ""


def _is_offered(version: str, outlook: Outlook) -> bool:
    return any(each.version == version for each in outlook.offers)


def _minutes(takes: timedelta) -> str:
    minutes = max(1, round(takes.total_seconds() / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"
