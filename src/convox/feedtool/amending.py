"""What each command about a published release does. Each returns its exit status."""

from argparse import Namespace
from datetime import timedelta

from convox.control.automatic.policy import parse_duration
from convox.errors import InvalidInput
from convox.feed.amendments import (
    open_to_all,
    promoted,
    ramped,
    required,
    stopped,
    superseding,
    with_condition,
    withdrawn,
    without_condition,
)
from convox.feed.condition import Condition, Match
from convox.feed.publish import Amendment
from convox.feedtool.publisher import publisher
from convox.feedtool.saying import say_outcome
from convox.host.clock import SystemClock


def promote(arguments: Namespace) -> int:
    """Offer a release in one more channel."""
    now = SystemClock().now()
    return _amend(
        arguments,
        f"promote {arguments.version} to {arguments.to}",
        lambda entry, _: promoted(entry, arguments.to, now),
        f"Promoted {arguments.version} to {arguments.to}",
    )


def withdraw(arguments: Namespace) -> int:
    """Say that a release is not to be used any more."""
    return _amend(
        arguments,
        f"withdraw {arguments.version}",
        lambda entry, _: withdrawn(entry, arguments.reason),
        f"Withdrew {arguments.version}",
    )


def require(arguments: Namespace) -> int:
    """Mark a release as required."""
    return _amend(
        arguments,
        f"require {arguments.version}",
        lambda entry, _: required(entry),
        f"Marked {arguments.version} as required",
    )


def supersede(arguments: Namespace) -> int:
    """Let a newer release stand in the place of an older one."""
    older, newer = arguments.version, arguments.by
    lacks = publisher(arguments).amend(
        newer,
        f"supersede {older} by {newer}",
        lambda entry, index: superseding(entry, older, index),
    )
    return say_outcome(lacks, f"{newer} stands in the place of {older} from now on")


def ramp(arguments: Namespace) -> int:
    """Let a release reach the racks by and by."""
    version, now = arguments.version, SystemClock().now()
    if arguments.percent is None:
        check_no_span(arguments)
    if arguments.stop:
        return _amend(
            arguments,
            f"stop the ramp of {version}",
            lambda entry, _: stopped(entry, now),
            f"Stopped the ramp of {version}; no further rack takes it by itself",
        )
    if arguments.all:
        return _amend(
            arguments,
            f"offer {version} to all",
            lambda entry, _: open_to_all(entry),
            f"Offered {version} to all",
        )
    over = span(arguments.over)
    words = f"{arguments.percent:g} % of the racks" + (f", all in {arguments.over}" if over else "")
    return _amend(
        arguments,
        f"ramp {version}: {words}",
        lambda entry, _: ramped(entry, arguments.percent, over, now),
        f"{version} reaches {words}",
    )


def condition(arguments: Namespace) -> int:
    """Close a release to racks of a kind, or open it to them again."""
    version = arguments.version
    if arguments.remove is not None:
        return _amend(
            arguments,
            f"remove condition {arguments.remove} of {version}",
            lambda entry, _: without_condition(entry, arguments.remove),
            f"Removed condition {arguments.remove} of {version}",
        )
    if not (arguments.name and arguments.why and arguments.when):
        raise InvalidInput(
            "cannot set a condition: it wants a name, a reason and a kind of racks; give --name,"
            " --why and --when"
        )
    wanted = Condition(
        name=arguments.name,
        why=arguments.why,
        url=arguments.url,
        origins=tuple(arguments.origins),
        matches=tuple(map(match, arguments.when)),
    )
    return _amend(
        arguments,
        f"condition {wanted.name} of {version}",
        lambda entry, index: with_condition(entry, wanted, index),
        f"Closed {version} to racks with {' and '.join(arguments.when)}",
    )


def match(text: str) -> Match:
    """Read ``fact=value,value``."""
    fact, given, values = text.partition("=")
    if not given:
        raise InvalidInput(f"cannot read {text!r}: it has no '='; write it as database=postgresql")
    return Match(fact=fact.strip(), values=tuple(value.strip() for value in values.split(",")))


def span(text: str | None) -> timedelta | None:
    """Read a time such as ``24h``."""
    try:
        return None if text is None else parse_duration(text)
    except InvalidInput as error:
        raise InvalidInput(f"cannot read time {text!r}: {error}") from error


def check_no_span(arguments: Namespace) -> None:
    """Refuse a time for a ramp that has no beginning: who gives one does not mean all at once."""
    if arguments.over is not None:
        raise InvalidInput(
            f"cannot ramp over {arguments.over}: say how many of a hundred racks first (--percent)"
        )


def _amend(arguments: Namespace, what: str, change: Amendment, done: str) -> int:
    return say_outcome(publisher(arguments).amend(arguments.version, what, change), done)
