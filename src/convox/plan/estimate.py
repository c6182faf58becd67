"""How long an update should take, as an interval learnt from earlier ones. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

INSTANCES, SOAK = "instances", "soak"

# Seconds, for a rack that has not updated yet; of ``instances`` for each machine.
_AT_FIRST: Mapping[str, tuple[float, float]] = {
    "fetch": (0.1, 60.0),
    "preflight": (0.1, 2.0),
    "snapshot": (0.0, 2.0),
    "stage": (1.5, 20.0),
    "expand": (0.2, 3.0),
    "handoff": (0.4, 5.0),
    "components": (0.0, 10.0),
    INSTANCES: (2.0, 40.0),
    SOAK: (0.0, 1.5),
    "commit": (0.0, 5.0),
}
_FEW = 5  # runs, below which the interval is wider than what was seen
_NARROWER, _WIDER = 0.7, 1.5
_LOW, _HIGH = 0.1, 0.9  # the quantiles between which eight in ten runs lie


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Seconds; the truth should lie between the two in eight cases of ten."""

    low: float
    high: float

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(low=self.low + other.low, high=self.high + other.high)

    def after(self, seconds: float) -> "Interval":
        """Return what is left when so much has passed."""
        return Interval(low=max(0.0, self.low - seconds), high=max(0.0, self.high - seconds))


Past = Mapping[str, Sequence[float]]
"""How many seconds earlier runs of each step took; of ``instances`` for each machine."""


def expected(steps: Iterable[str], past: Past, *, soak: float, machines: int) -> Interval:
    """Return how long these steps should take; ``soak`` is the time that the rack soaks for."""
    total = Interval(low=0.0, high=0.0)
    for name in steps:
        one = _of(name, past)
        if name == INSTANCES:
            one = Interval(low=one.low * machines, high=one.high * machines)
        elif name == SOAK:
            one += Interval(low=soak, high=soak)
        total += one
    return total


def _of(name: str, past: Past) -> Interval:
    seen = sorted(past.get(name, ()))
    if not seen or name == SOAK:
        low, high = _AT_FIRST[name]
        return Interval(low=low, high=high)
    if len(seen) < _FEW:
        return Interval(low=seen[0] * _NARROWER, high=seen[-1] * _WIDER)
    return Interval(low=_quantile(seen, _LOW), high=_quantile(seen, _HIGH))


def _quantile(seen: Sequence[float], share: float) -> float:
    """Return the value below which a share of the sorted values lies, between its neighbours."""
    place = share * (len(seen) - 1)
    below = int(place)
    above = min(below + 1, len(seen) - 1)
    return seen[below] + (place - below) * (seen[above] - seen[below])
