"""Which of the offered releases may be taken by itself, and what keeps a rack from one. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from convox.control.automatic.action import Action, Reason, stopped, waits
from convox.control.automatic.outlook import Offer, Outlook
from convox.control.automatic.policy import DELAY, SECURITY_DELAY
from convox.feed.ramp import cooled

_GOES_AHEAD = "`convox rack update` goes ahead of it"


def target_of(outlook: Outlook) -> str | None:
    """Return the newest release that nothing keeps this rack from; ``None`` where there is none."""
    free = (offer.version for offer in outlook.offers if keeps_from(offer, outlook) is None)
    return max(free, default=None)


def keeps_from(offer: Offer, outlook: Outlook) -> Action | None:
    """Return the first thing that keeps this rack from a release; ``None`` where nothing does."""
    return next((found for each in _TABLE if (found := each(offer, outlook))), None)


def keeps_from_all(outlook: Outlook) -> Action:
    """Return what is over first of all that keeps this rack from every release."""
    kept = [found for each in outlook.offers if (found := keeps_from(each, outlook))]
    timed = [(found.until, found) for found in kept if found.until is not None]
    return min(timed, key=lambda pair: pair[0])[1] if timed else kept[-1]


def _pinned(offer: Offer, outlook: Outlook) -> Action | None:
    pin = outlook.policy.pin
    if not pin or offer.version <= pin:
        return None
    why = f"the rack is pinned to {pin}, and {offer.version} is newer"
    return stopped(Reason.PINNED, why, "`convox rack update unpin`", target=offer.version)


def _failed(offer: Offer, outlook: Outlook) -> Action | None:
    setback = outlook.setback
    if setback is None or offer.version > setback.version:
        return None
    return stopped(
        Reason.FAILED,
        setback.why,
        "try again with `convox rack update`, or let the rack with `convox rack update"
        " acknowledge`; a newer release it tries by itself",
        target=offer.version,
    )


def _closed(offer: Offer, outlook: Outlook) -> Action | None:
    if not offer.closed:
        return None
    way_out = "wait for a release that is open to it"
    why = f"{offer.version} is closed to this rack: {offer.closed}"
    return stopped(Reason.CONDITION, why, way_out, target=offer.version)


def _ramped(offer: Offer, outlook: Outlook) -> Action | None:
    if offer.reached is not None and _is_over(offer.reached, outlook):
        return None
    why = f"the phased roll-out of {offer.version} has not reached this rack"
    delay, _ = _cool_down(offer, outlook)
    until = cooled(offer.reached, delay, offer.place) if offer.reached else None
    return waits(Reason.RAMP, why, until=until, target=offer.version, way_out=_GOES_AHEAD)


def _cooling(offer: Offer, outlook: Outlook) -> Action | None:
    """It begins when the phased roll-out reaches the rack.

    Counted from the release, all racks would be through it at the same moment, and a roll-out that
    is shorter would not be one.
    """
    delay, name = _cool_down(offer, outlook)
    until = cooled(max(offer.since, offer.reached or offer.since), delay, offer.place)
    if _is_over(until, outlook):
        return None
    why = (
        f"{offer.version} is offered to this rack for less than {_spelled(delay)} ({name}), or up"
        " to a tenth more, so that not all racks begin at once"
    )
    return waits(Reason.COOL_DOWN, why, until=until, target=offer.version, way_out=_GOES_AHEAD)


def _cool_down(offer: Offer, outlook: Outlook) -> tuple[timedelta, str]:
    """Return how long it is, and the parameter that says so.

    A rack that runs what was withdrawn does not wait longer than for a security release.
    """
    policy = outlook.policy
    if (offer.security or outlook.withdrawn) and policy.security_delay < policy.delay:
        return policy.security_delay, SECURITY_DELAY
    return policy.delay, DELAY


_TABLE: Sequence[Callable[[Offer, Outlook], Action | None]] = (
    _pinned,
    _failed,
    _closed,
    _ramped,
    _cooling,
)


def _is_over(moment: datetime, outlook: Outlook) -> bool:
    return outlook.now >= moment


def _spelled(delay: timedelta) -> str:
    seconds = int(delay.total_seconds())
    for size, letter in ((3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"
