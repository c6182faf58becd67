"""What the commands say of what they did."""

import sys

from convox.feed.desk import Lacks


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
