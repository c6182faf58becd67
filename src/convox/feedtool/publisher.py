"""Who publishes: whom the command line names."""

from argparse import Namespace

from convox.feed.publish import Publisher
from convox.feedtool.passphrases import unlock
from convox.host.clock import SystemClock


def publisher(arguments: Namespace) -> Publisher:
    """Return who may change the feed with the keys that were named."""
    keys = tuple(arguments.keys)
    return Publisher(feed=arguments.feed, keys=keys, clock=SystemClock(), unlock=unlock)
