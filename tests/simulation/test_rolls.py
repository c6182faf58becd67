"""Rolls of racks of every size: in time, each process once, and decided at a bearable cost."""

import asyncio
import cProfile
import math

import pytest

from convox.rollout.decide import decide
from convox.state.database import Database
from convox.testing.roll import Rolled, WholeRoll
from convox.testing.rollout import SimulatedRollout

_SMALLEST = 10
_long = (pytest.mark.long, pytest.mark.timeout(7200))


class Counted:
    """Decides, and counts the calls of functions meanwhile: the same number on every machine."""

    def __init__(self) -> None:
        self._profile = cProfile.Profile()

    @property
    def calls(self) -> int:
        return sum(entry.callcount for entry in self._profile.getstats())

    def __call__(self, situation):
        self._profile.enable()
        try:
            return decide(situation)
        finally:
            self._profile.disable()


def _roll(instances: int) -> tuple[Rolled, int]:
    """Roll a rack; return how that went, and what deciding cost."""
    counted = Counted()
    rack = SimulatedRollout(
        database=Database("sqlite:///:memory:"),
        count=instances,
        batch=instances // 5,
        decide=counted,
    )

    async def play() -> tuple[Rolled, int]:
        whole = WholeRoll(rack=rack)
        await whole.fill()
        before = counted.calls
        return await whole.roll("img-2"), counted.calls - before

    return asyncio.run(play())


@pytest.mark.parametrize(
    "instances",
    [10, 100, pytest.param(1_000, marks=_long), pytest.param(10_000, marks=_long)],
)
def test_a_roll_takes_little_more_than_its_critical_path_and_costs_no_more_than_n_log_n(
    instances,
) -> None:
    rolled, cost = _roll(instances)
    print(f"{instances} instances: {rolled}, {cost} calls")
    assert 1 <= rolled.seconds / rolled.critical <= 1.1
    assert rolled.processes >= 3 * instances
    _, least = _roll(_SMALLEST)
    assert cost <= least * _n_log_n(instances) / _n_log_n(_SMALLEST)


def _n_log_n(number: int) -> float:
    return number * math.log2(number)
