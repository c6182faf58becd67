"""What a publisher may say about a release after it was published. Pure.

Each returns the entry as it is to be; that no rack is stranded by it is seen to by ``admission``.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from convox.errors import InvalidInput, NotFound, Refused
from convox.feed.channel import parse_channel
from convox.feed.condition import FACTS, Condition, is_value
from convox.feed.index import Entry, Index
from convox.feed.ramp import Ramp


def promoted(entry: Entry, channel: str, now: datetime) -> Entry:
    """Offer it in one more channel from now on, also where it was offered in none."""
    check_channel(entry, channel)
    if entry.withdrawn is not None:
        raise Refused(
            f"cannot promote {entry.version}: it was withdrawn ({entry.withdrawn}); publish another"
            " release in its place"
        )
    if entry.published and channel in entry.channels:
        raise Refused(f"cannot promote {entry.version}: {channel} offers it already")
    kept = entry.channels if entry.published else {}
    return replace(entry, published=True, channels={**kept, channel: _second(now)})


def check_channel(entry: Entry, channel: str) -> None:
    """Refuse a channel that no rack can follow."""
    try:
        parse_channel(channel)
    except InvalidInput as error:
        raise InvalidInput(f"cannot offer {entry.version} in {channel!r}: {error}") from error


def withdrawn(entry: Entry, reason: str) -> Entry:
    """Say why it is not to be used any more."""
    if not reason.strip():
        raise InvalidInput(
            f"cannot withdraw {entry.version}: it wants a reason, which racks will show; give"
            " --reason"
        )
    return replace(entry, withdrawn=reason)


def required(entry: Entry) -> Entry:
    """Mark it as one that cannot be skipped."""
    return replace(entry, required=True)


def superseding(entry: Entry, older: str, index: Index) -> Entry:
    """Let it stand in the place of an older release of the feed."""
    if index.find(older) is None:
        raise NotFound(f"cannot supersede {older}: the feed has no such release")
    if older >= entry.version:
        raise Refused(
            f"cannot supersede {older} by {entry.version}: only a newer release can stand in its"
            " place"
        )
    if entry.supersedes not in {None, older}:
        raise Refused(
            f"cannot supersede {older} by {entry.version}: that stands in the place of"
            f" {entry.supersedes} already; publish another one"
        )
    return replace(entry, supersedes=older)


def ramped(entry: Entry, percent: float, over: timedelta | None, now: datetime) -> Entry:
    """Let it reach so many of a hundred racks now, and all of them after some time, if given."""
    if not 0 <= percent <= 100:
        raise InvalidInput(f"cannot ramp {entry.version} to {percent:g} %: give a number to 100")
    if over is not None and over <= timedelta():
        raise InvalidInput(
            f"cannot ramp {entry.version} over no time: leave it out, or offer it to all (--all)"
        )
    since = _second(now)
    until = None if over is None else since + over
    return replace(entry, ramp=Ramp(percent=percent, since=since, until=until))


def stopped(entry: Entry, now: datetime) -> Entry:
    """Let no further rack take it by itself.

    A ramp that only stayed where it is would still let all those go on that it has reached and that
    are in their cool-down: with one as long as the ramp, that is every rack.
    """
    if entry.ramp is None:
        raise Refused(
            f"cannot stop the ramp of {entry.version}: it has none, and is offered to all; withdraw"
            " it, or begin a ramp (--percent 0)"
        )
    return replace(entry, ramp=Ramp(percent=0, since=_second(now)))


def open_to_all(entry: Entry) -> Entry:
    """End its ramp."""
    return replace(entry, ramp=None)


def with_condition(entry: Entry, condition: Condition, index: Index) -> Entry:
    """Close it to racks for which the condition holds; one of the same name is replaced."""
    for origin in condition.origins:
        if index.find(origin) is None:
            raise NotFound(
                f"cannot set condition {condition.name}: the feed has no release {origin} to come"
                " from"
            )
    for match in condition.matches:
        if match.fact not in FACTS:
            raise InvalidInput(
                f"cannot set condition {condition.name}: racks know no fact {match.fact!r}, so that"
                f" it would be closed to all; they know {', '.join(FACTS)}"
            )
        for value in match.values:
            if not is_value(value):
                raise InvalidInput(
                    f"cannot set condition {condition.name}: {value!r} is no value of {match.fact};"
                    " give a text, or a bound such as '>=3.12'"
                )
    others = tuple(other for other in entry.conditions if other.name != condition.name)
    return replace(entry, conditions=(*others, condition))


def without_condition(entry: Entry, name: str) -> Entry:
    """Take back a condition."""
    left = tuple(condition for condition in entry.conditions if condition.name != name)
    if len(left) == len(entry.conditions):
        names = ", ".join(condition.name for condition in entry.conditions) or "none"
        raise NotFound(
            f"cannot remove condition {name} of {entry.version}: it has no such one, but {names}"
        )
    return replace(entry, conditions=left)


def _second(now: datetime) -> datetime:
    return now.replace(microsecond=0)
