"""Play histories, keep count, and say of one that fails how to see it again."""

import gc
import logging
import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.simulation.history import History
from tests.simulation.script import Script, read, script, shape

from convox.testing.simulation.records import Records
from convox.testing.simulation.strikes import Strike

_SHORTENING = 30.0  # seconds
_TEST = "tests/simulation/test_updates.py -k whatever"
_RECORDS: list[Records] = []


@dataclass(slots=True)
class Tally:
    """What was played. ``failures`` are texts for a person."""

    histories: int = 0
    struck: Counter[Strike] = field(default_factory=Counter)
    updates: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def play(self, seed: int, told: Script) -> None:
        """Play one history."""
        self.histories += 1
        try:
            history = _history(seed, told)
            self.updates += history.play().updates
            self.struck += history.outcome.struck
        except Exception as error:  # noqa: BLE001 - whatever it is, it is to be told
            self.failures.append(_report(seed, told, error))


def play(seeds: Iterable[int]) -> Tally:
    """Play the random histories of these seeds."""
    gc.freeze()
    tally = Tally()
    for seed in seeds:
        tally.play(seed, _asked_for() or script(seed))
    return tally


def _asked_for() -> Script | None:
    return read(os.environ["SCRIPT"]) if "SCRIPT" in os.environ else None


def _history(seed: int, told: Script) -> History:
    logging.disable(logging.CRITICAL)
    if not _RECORDS:
        _RECORDS.append(Records())
    return History(_RECORDS[0], shape(seed), told, seed)


def _report(seed: int, told: Script, error: Exception) -> str:
    short = _shortened(seed, told)
    return (
        f"{_words(error)}\n"
        f"replay with: SEED={seed} SCRIPT='{told}' pytest {_TEST}\n"
        f"shortened:   SEED={seed} SCRIPT='{short}' pytest {_TEST}"
    )


def _words(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def _shortened(seed: int, told: Script) -> Script:
    """Leave out whatever can be left out of a script that still fails, as far as time allows."""
    position, end = 0, time.monotonic() + _SHORTENING
    while position < len(told.events) and time.monotonic() < end:
        shorter = told.without(position)
        if _fails(seed, shorter):
            told = shorter
        else:
            position += 1
    return told


def _fails(seed: int, told: Script) -> bool:
    try:
        _history(seed, told).play()
    except Exception:  # noqa: BLE001 - that it fails is all that matters here
        return True
    return False
