"""Random histories of a rack that is updated, in virtual time, with all promises checked.

A failure prints the line that replays it, and the shortest script found that still fails.
``SEED=n`` plays that history alone, ``SCRIPT='...'`` another script on its rack, and
``HISTORIES=n`` so many.
"""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import pytest
from tests.simulation.playing import Tally, play

_HISTORIES = int(os.environ.get("HISTORIES", "400"))
_LONG = int(os.environ.get("HISTORIES", "100000"))
_PER_TEST = 125
_PER_PROCESS = 1000

Property = Callable[[str, object], None]


def _seeds() -> list[range]:
    if "SEED" in os.environ:
        return [range(int(os.environ["SEED"]), int(os.environ["SEED"]) + 1)]
    return _chunks(_HISTORIES, _PER_TEST)


def _chunks(number: int, size: int) -> list[range]:
    return [range(first, min(first + size, number)) for first in range(0, number, size)]


def report(tally: Tally, record_property: Property) -> None:
    """Have the run's last line count these histories."""
    record_property("histories", tally.histories)
    record_property("failpoints", sorted({strike.point for strike in tally.struck}))
    record_property("violations", len(tally.failures))
    if tally.failures:
        pytest.fail("\n\n".join(tally.failures[:5]), pytrace=False)


@pytest.mark.parametrize("seeds", _seeds(), ids=lambda seeds: f"from-{seeds.start}")
def test_an_update_ends_right_whatever_happens(seeds: range, record_property: Property) -> None:
    report(play(seeds), record_property)


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_an_update_ends_right_in_very_many_histories(record_property: Property) -> None:
    total = Tally()
    with ProcessPoolExecutor() as pool:
        for tally in pool.map(play, _chunks(_LONG, _PER_PROCESS)):
            total.add(tally)
    report(total, record_property)
