"""Waves: which racks are updated together, and in which order. Pure."""

import re
from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from convox.cli.errors import CommandError

REST = "rest"
_SIZE = re.compile(r"(\d{1,6})(%?)")
_ALL = 100


class Size(NamedTuple):
    """How many racks a wave has: so many, so many of a hundred, or all that are left."""

    text: str
    number: int
    unit: str

    def of(self, racks: int) -> int:
        """Return how many that are where there are so many racks; a part of one is one."""
        if self.unit == REST:
            return racks
        return ceil(racks * self.number / _ALL) if self.unit == "%" else self.number


def parse_sizes(text: str) -> tuple[Size, ...]:
    """Read ``1,10%,rest``; no wave may be one that nothing is left for."""
    sizes = tuple(_parse(part.strip()) for part in text.split(","))
    if any(each.unit == REST for each in sizes[:-1]):
        raise _wrong(text, f"nothing is left for a wave after {REST}; let it be the last one")
    parts = sum(each.number for each in sizes if each.unit == "%")
    if parts > _ALL:
        raise _wrong(text, f"its parts are {parts}% of the racks together, more than all of them")
    return sizes


def split(names: Sequence[str], sizes: Sequence[Size]) -> tuple[tuple[str, ...], ...]:
    """Return the names of each wave, in their order; every rack is in one, and none is empty."""
    waves, begin = [], 0
    for size in sizes:
        end = begin + size.of(len(names))
        waves.append(tuple(names[begin:end]))
        begin = end
    left = names[begin:]
    if left:
        raise CommandError(
            f"the waves leave out {', '.join(left)}: let the last one be {REST}, or name fewer"
        )
    return tuple(wave for wave in waves if wave)


def _parse(part: str) -> Size:
    if part == REST:
        return Size(part, 0, REST)
    match = _SIZE.fullmatch(part)
    if match is None:
        raise _wrong(part, f"a wave is a number of racks, a part of all as 10%, or {REST}")
    number = int(match[1])
    if not number:
        raise _wrong(part, "a wave of no racks proves nothing; leave it out")
    return Size(part, number, match[2])


def _wrong(text: str, why: str) -> CommandError:
    return CommandError(f"cannot read wave {text!r}: {why}")
