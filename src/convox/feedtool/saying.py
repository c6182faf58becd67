"""What the commands have in common: who publishes, and what is said of it."""

import sys
from argparse import Namespace

from convox.feed.desk import Lacks
from convox.feed.publish import Publisher
from convox.feedtool.passphrases import unlock
from convox.host.clock import SystemClock


def publisher(arguments: Namespace) -> Publisher:
    """Return the publisher that the command line names."""
    keys = tuple(arguments.keys)
    return Publisher(feed=arguments.feed, keys=keys, clock=SystemClock(), unlock=unlock)


def say(*lines: str) -> int:
    """Print lines; return the exit status of what went well."""
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    return 0


def say_outcome(lacks: Lacks, *done: str) -> int:
    """Say that it is done, or what it waits for."""
    if not lacks:
        return say(*done)
    return say(
        f"This waits for signatures: {'; '.join(map(str, lacks))}. No rack sees it before; have"
        " them run convox-feed cosign on the feed"
    )
