"""A feed's releases, as rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from convox.feed.index import Entry, Index, successors
from convox.feed.published import Published
from convox.feed.ramp import share
from convox.feed.stops import stops
from convox.feedtool.columns import columns

Row = Mapping[str, Any]

_COLUMNS = ("VERSION", "PUBLISHED", "CHANNELS", "REQUIRED", "NOTES")


def rows(published: Published, now: datetime) -> Sequence[Row]:
    """Return what is said and what follows about each release, the oldest first."""
    whys = _whys(published)
    return [
        {
            "version": entry.version,
            "published": entry.published,
            "state": _state(entry, published.index),
            "required": entry.version in whys,
            "why": whys.get(entry.version, ""),
            "withdrawn": entry.withdrawn,
            "supersedes": entry.supersedes,
            "security": entry.security,
            "channels": {name: since.isoformat() for name, since in entry.channels.items()},
            "reaches": 100.0 if entry.ramp is None else share(entry.ramp, now),
            "closed": [condition.name for condition in entry.conditions],
            "created": entry.created.isoformat(),
            "notes": published.releases[entry.version].notes,
        }
        for entry in published.index.entries
    ]


def table(found: Sequence[Row]) -> str:
    """Return the rows in columns."""
    return columns([_COLUMNS, *(_cells(row) for row in found)])


def _cells(row: Row) -> tuple[str, ...]:
    required = row["why"] if row["required"] else "no"
    first_line = row["notes"].strip().partition("\n")[0]
    channels = ", ".join(sorted(row["channels"]))
    return (row["version"], _offer(row), channels, required, first_line)


def _offer(row: Row) -> str:
    words = [row["state"]]
    if row["reaches"] < 100:
        words.append(f"{row['reaches']:.3g} %")
    if row["closed"]:
        words.append(f"closed: {' '.join(row['closed'])}")
    return ", ".join(words)


def _state(entry: Entry, index: Index) -> str:
    instead = [successors(index, channel).get(entry.version) for channel in entry.channels]
    if entry.withdrawn is not None:
        return f"withdrawn: {entry.withdrawn}"
    if not entry.published:
        return "no"
    newer = next(filter(None, instead), None)
    return f"superseded by {newer}" if newer else "yes"


def _whys(published: Published) -> Mapping[str, str]:
    channels = {channel for entry in published.index.entries for channel in entry.channels}
    return {
        stop.version: stop.why
        for channel in sorted(channels)
        for stop in stops(published.index, channel=channel)
    }
