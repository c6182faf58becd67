"""Judge checks of a process: when it is healthy, and when to look again. Pure."""

from dataclasses import dataclass, replace

_TOLERATED = 1  # failures in a row of a process that was healthy
_EAGER = 0.02  # seconds between the first checks of a process that starts
_EAGER_GROWTH = 0.1  # of the age that is added to them
_EAGER_LIMIT = 0.15  # seconds
_EAGER_FOR = 20.0  # seconds
_ATTENTIVE = 1.0  # seconds between the checks of a process that is in doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the checks since the start have shown. ``fault`` is the latest, empty where it passed.

    ``confirmed``: one has passed.
    """

    confirmed: bool = False
    failures: int = 0
    fault: str = ""

    @property
    def is_healthy(self) -> bool:
        return self.confirmed and self.failures <= _TOLERATED


def judge(health: Health, fault: str, *, age: float, grace: float) -> Health:
    """Take one more check into account; failures within ``grace`` of the start do not count."""
    if not fault:
        return Health(confirmed=True)
    counted = health.failures + (age >= grace)
    return replace(health, failures=counted, fault=fault)


def pause(health: Health, *, age: float, interval: float) -> float:
    """Return how long to wait for the next check, so that a rollout need not wait for good news."""
    if health.confirmed:
        return min(interval, _ATTENTIVE) if health.fault else interval
    if age < _EAGER_FOR:
        return min(_EAGER + age * _EAGER_GROWTH, _EAGER_LIMIT)
    return min(interval, _ATTENTIVE)
