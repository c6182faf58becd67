"""What a person sees while something is done to a rack."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def step(text: str) -> Iterator[Callable[[str], None]]:
    """Write ``TEXT... OK`` around what is done; what is yielded takes what there is to add."""
    additions: list[str] = []
    sys.stdout.write(f"{text}... ")
    sys.stdout.flush()
    try:
        yield additions.append
    except BaseException:
        say("FAILED")
        raise
    say(", ".join(["OK", *additions]))
