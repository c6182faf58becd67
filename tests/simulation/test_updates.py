"""Random histories of a rack that is updated, in virtual time, with all promises checked.

A failure prints the line that replays it, and the shortest script found that still fails.
``SEED=n`` plays that history alone, ``SCRIPT='...'`` another script on its rack, and
``HISTORIES=n`` so many.
"""

import logging
import os
import time
from collections import Counter

import pytest
from tests.simulation.history import History, Outcome
from tests.simulation.script import Script, read, script, shape

from convox.testing.simulation.records import Records

_HISTORIES = int(os.environ.get("HISTORIES", "1000"))
_PER_TEST = 125
_SHORTENING = 30.0  # seconds
_RECORDS = Records()


def play(seed: int, script: Script) -> Outcome:
    return History(_RECORDS, shape(seed), script, seed).play()


def failure(seed: int, script: Script) -> str:
    """Return what is broken in a history; empty where nothing is."""
    try:
        play(seed, script)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is to be told
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        return f"{type(error).__name__}: {error}"
    return ""


def shortened(seed: int, script: Script) -> Script:
    """Leave out whatever can be left out of a script that still fails, as far as time allows."""
    position, end = 0, time.monotonic() + _SHORTENING
    while position < len(script.events) and time.monotonic() < end:
        shorter = script.without(position)
        if failure(seed, shorter):
            script = shorter
        else:
            position += 1
    return script


def _seeds() -> list[range]:
    if "SEED" in os.environ:
        return [range(int(os.environ["SEED"]), int(os.environ["SEED"]) + 1)]
    return [range(first, first + _PER_TEST) for first in range(0, _HISTORIES, _PER_TEST)]


def _script(seed: int) -> Script:
    return read(os.environ["SCRIPT"]) if "SCRIPT" in os.environ else script(seed)


@pytest.mark.parametrize("seeds", _seeds(), ids=lambda seeds: f"from-{seeds.start}")
def test_an_update_ends_right_whatever_happens(seeds: range) -> None:
    logging.disable(logging.CRITICAL)
    for seed in seeds:
        told = _script(seed)
        broken = failure(seed, told)
        if broken:
            short = shortened(seed, told)
            pytest.fail(
                f"{broken}\nreplay with: SEED={seed} pytest {os.path.relpath(__file__)}\n"
                f"shortened: SEED={seed} SCRIPT='{short}' pytest {os.path.relpath(__file__)}",
                pytrace=False,
            )


def test_an_update_that_nothing_befalls_is_done() -> None:
    assert play(1, read("1 update")).updates == Counter({"done": 1})
