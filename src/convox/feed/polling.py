"""When a rack asks its feed. Pure; times are seconds, a ``draw`` is a random number from 0 up to 1.

All racks ask the same feed, and nothing there can tell them to come later. So they keep no step:
neither after a failure of power has started all of them at once, nor while the feed is away.
"""

LONGEST = 3600.0
"""What a rack waits on average at most, while its feed does not answer."""

_SPREAD = 0.5  # of the wait: so much longer or shorter is it
_DOUBLED = 16  # times at most, so that the power stays a number


def until_first(interval: float, draw: float) -> float:
    """Return how long a rack that starts, and does not know its feed, waits before it asks."""
    return interval * draw


def until_next(interval: float, failures: int, draw: float) -> float:
    """Return how long a rack waits after it asked; ``failures`` is how often in a row in vain.

    It never asks more often because of a failure: a feed that comes back finds less to do.
    """
    wait = interval
    if failures:
        wait = min(interval * 2.0 ** min(failures, _DOUBLED), max(interval, LONGEST))
    return wait * (1.0 - _SPREAD + 2.0 * _SPREAD * draw)
