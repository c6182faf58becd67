"""A release that harms racks of some kind is closed to exactly those. Pure.

It is judged on the rack, from its own facts, which nobody else is told. It holds for everybody, for
a person as well; what cannot be judged is closed.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Facts = Mapping[str, frozenset[str]]
"""What is known of a rack, such as ``python`` or the ``resources`` that it runs. A fact that has no
value is known as well; one that is missing is not."""

FACTS: Mapping[str, str] = {
    "architecture": "of the machine, such as x86_64",
    "database": "of the rack's records: sqlite or postgresql",
    "distribution": "of the machine, such as debian-12",
    "engine": "that runs processes: local",
    "instances": "how many there are",
    "python": "that runs the control plane, such as 3.11",
    "resources": "the kinds that apps have: postgres, redis, ...",
}
"""What racks know of themselves, in words."""

_BOUND = re.compile(r"(<=|>=|<|>) *(\d+(?:\.\d+)*)")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_COMPARES: Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Holds where one of the values is the fact's; ``>=3.12`` or ``<3`` is a bound for a number."""

    fact: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Closes a release to racks for which all ``matches`` hold.

    Only to who comes from one of the ``origins``, where there are any.
    """

    name: str
    why: str
    url: str = ""
    origins: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Why a release is closed to this rack: to who comes from ``origins``, or to all if none."""

    why: str
    origins: tuple[str, ...] = ()

    def closes(self, origin: str) -> bool:
        """Say whether it closes the way from a release."""
        return not self.origins or origin in self.origins


Closed = Mapping[str, tuple[Closure, ...]]
"""What closes releases to a rack, by their version."""


def why_closed(closed: Closed, origin: str, target: str) -> str:
    """Return why the hop between two releases is closed; empty where it is open."""
    return next((each.why for each in closed.get(target, ()) if each.closes(origin)), "")


def is_value(text: str) -> bool:
    """Say whether a match can have this value."""
    return bool(text) and (text[0] not in "<>" or _BOUND.fullmatch(text) is not None)


def closures(conditions: Iterable[Condition], facts: Facts) -> tuple[Closure, ...]:
    """Return what closes a release with these conditions to a rack."""
    return tuple(
        Closure(why=why, origins=condition.origins)
        for condition in conditions
        if (why := _judged(condition, facts))
    )


def _judged(condition: Condition, facts: Facts) -> str:
    """Return why it closes the release, empty where it does not: where one match does not hold."""
    judged = [(match.fact, _holds(match, facts)) for match in condition.matches]
    if any(holds is False for _, holds in judged):
        return ""
    why = f"condition {condition.name}: {condition.why}"
    unknown = sorted({fact for fact, holds in judged if holds is None})
    if unknown:
        why = f"{why} (cannot be judged here: {', '.join(unknown)})"
    return f"{why}, see {condition.url}" if condition.url else why


def _holds(match: Match, facts: Facts) -> bool | None:
    """Say whether it holds; ``None`` where that cannot be known."""
    if match.fact not in facts:
        return None
    found = [_fits(has, value) for has in facts[match.fact] for value in match.values]
    if True in found:
        return True
    return None if None in found else False


def _fits(has: str, value: str) -> bool | None:
    if value[:1] not in {"<", ">"}:
        return has == value
    bound = _BOUND.fullmatch(value)
    if bound is None or not _NUMBER.fullmatch(has):
        return None
    return _COMPARES[bound[1]](_number(has), _number(bound[2]))


def _number(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))
