"""What an index of the feed offers this rack. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from convox.control.automatic.outlook import Offer
from convox.feed.condition import Closed, why_closed
from convox.feed.index import Entry, Index, offered
from convox.feed.ramp import position, reached
from convox.feed.release import Epochs
from convox.plan.route import kept_from


def offers(
    index: Index,
    *,
    channel: str,
    running: str,
    rack: str,
    closed: Closed,
    gone: Mapping[str, Epochs],
) -> tuple[Offer, ...]:
    """Return the releases of the channel that are newer than the one that runs.

    ``rack`` is the rack's id, ``closed`` what closes releases to it, and ``gone`` what it does not
    keep up any more.
    """
    here = index.find(running)
    kept = kept_from(here, index, channel=channel, gone=gone, closed=closed) if here else None
    return tuple(
        Offer(
            version=entry.version,
            since=entry.channels[channel],
            reached=_reached(entry, channel, rack),
            place=position(rack, entry.version),
            security=entry.security,
            closed=why_closed(closed, running, entry.version)
            if kept is None
            else kept.get(entry.version, ""),
        )
        for entry in offered(index, channel)
        if entry.version > running
    )


def withdrawn(index: Index, running: str) -> str:
    """Return why the running release was withdrawn; empty where it was not."""
    entry = index.find(running)
    return (entry.withdrawn or "") if entry else ""


def older(index: Index, *, channel: str, running: str, closed: Closed) -> str:
    """Return the newest release that is offered, open to it, and older than the one that runs."""
    versions = (entry.version for entry in offered(index, channel))
    open_ones = (each for each in versions if not why_closed(closed, running, each))
    return max((each for each in open_ones if each < running), default="")


def ahead(
    index: Index, versions: Iterable[str], *, channel: str, rack: str, now: datetime
) -> tuple[str, ...]:
    """Return which of these releases have not reached this rack yet, in words for a person."""
    entries = [entry for version in versions if (entry := index.find(version))]
    early = [entry for entry in entries if channel in entry.channels and entry.ramp is not None]
    return tuple(
        f"The phased roll-out of {entry.version} has not reached this rack; this goes ahead of it"
        for entry in early
        if (moment := _reached(entry, channel, rack)) is None or now < moment
    )


def _reached(entry: Entry, channel: str, rack: str) -> datetime | None:
    if entry.ramp is None:
        return entry.channels[channel]
    return reached(entry.ramp, position(rack, entry.version))
