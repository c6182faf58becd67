"""What an index of the feed offers this rack. Pure."""

from collections.abc import Mapping
from datetime import datetime

from convox.control.automatic.outlook import Offer
from convox.feed.index import Entry, Index, offered
from convox.feed.ramp import position, reached


def offers(
    index: Index, *, channel: str, running: str, rack: str, closed: Mapping[str, str]
) -> tuple[Offer, ...]:
    """Return the releases of the channel that are newer than the one that runs.

    ``rack`` is the rack's id, and ``closed`` says why releases are closed to it, by version.
    """
    newer = [version for version in offered(index, channel) if version > running]
    entries = {entry.version: entry for entry in index.entries}
    return tuple(
        Offer(
            version=version,
            since=entries[version].channels[channel],
            reached=_reached(entries[version], channel, rack),
            security=entries[version].security,
            closed=closed.get(version, ""),
        )
        for version in newer
    )


def withdrawn(index: Index, running: str) -> str:
    """Return why the running release was withdrawn; empty where it was not."""
    entry = index.find(running)
    return (entry.withdrawn or "") if entry else ""


def older(index: Index, *, channel: str, running: str) -> str:
    """Return the newest release that is offered and older than the one that runs."""
    return max((each for each in offered(index, channel) if each < running), default="")


def _reached(entry: Entry, channel: str, rack: str) -> datetime | None:
    if entry.ramp is None:
        return entry.channels[channel]
    return reached(entry.ramp, position(rack, entry.version))
