"""Measure several things in turn, so that a slow moment of the machine meets them all."""

from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")


def interleaved(candidates: Mapping[str, Callable[[], T]], rounds: int) -> Mapping[str, list[T]]:
    """Return what each candidate gave in each round; each round begins with another one.

    A round before the first, which is not counted, warms up.
    """
    names = list(candidates)
    found: dict[str, list[T]] = {name: [] for name in names}
    for candidate in candidates.values():
        candidate()
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            found[name].append(candidates[name]())
    return found
