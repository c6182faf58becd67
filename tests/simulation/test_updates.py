"""Random histories of a rack that is updated, in virtual time, with all promises checked.

A failure prints the line that replays it, and the shortest script found that still fails.
``SEED=n`` plays that history alone, ``SCRIPT='...'`` another script on its rack, and
``HISTORIES=n`` so many.
"""

from collections.abc import Callable

import pytest
from tests.simulation.playing import Tally, play
from tests.simulation.seeds import number, seeds

_HISTORIES, _LONG = number("HISTORIES", 1_000), number("HISTORIES", 80_000)

Property = Callable[[str, object], None]


def report(tally: Tally, record_property: Property) -> None:
    """Have the run's last line count these histories."""
    record_property("histories", tally.histories)
    record_property("failpoints", sorted({strike.point for strike in tally.struck}))
    record_property("violations", len(tally.failures))
    if tally.failures:
        pytest.fail("\n\n".join(tally.failures[:5]), pytrace=False)


@pytest.mark.parametrize("some", seeds(_HISTORIES, each=50, long=_LONG, each_long=500))
def test_an_update_ends_right_whatever_happens(some: range, record_property: Property) -> None:
    report(play(some), record_property)
