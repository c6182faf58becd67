"""Places from which the same feed can be had, tried in turn.

None of them is trusted. What is wrong with one is remembered until another one is good, and said
where none is.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from convox.errors import FeedError, FeedStale, FeedUnreachable, FeedUntrusted

T = TypeVar("T")

_BETWEEN = re.compile(r"\s*,\s*|\s+(?=https?://|file://|/)")

_GRAVITY: tuple[type[FeedError], ...] = (FeedUnreachable, FeedStale, FeedUntrusted)
"""What may be wrong with a mirror, the least first."""


def parse_mirrors(text: str) -> tuple[str, ...]:
    """Return the addresses and folders that a setting names.

    Between them stand commas or spaces; a space within a folder's path divides nothing.
    """
    return tuple(part.rstrip("/") for part in _BETWEEN.split(text.strip()) if part)


async def first_good(mirrors: Iterable[str], use: Callable[[str], Awaitable[T]]) -> T:
    """Return what ``use`` makes of the first mirror with which it does not fail.

    The error where there is none is the only mirror's own, or names what is wrong with each.
    """
    faults: list[FeedError] = []
    for mirror in mirrors:
        try:
            return await use(mirror)
        except FeedError as error:
            faults.append(error)
    raise _none_good(faults)


def _none_good(faults: Sequence[FeedError]) -> FeedError:
    if len(faults) == 1:
        return faults[0]
    kind = max((type(fault) for fault in faults), key=_GRAVITY.index, default=FeedUnreachable)
    each = "; ".join(f"({number}) {fault}" for number, fault in enumerate(faults, start=1))
    return kind(f"cannot use the feed: none of its {len(faults)} mirrors is good: {each}")
