"""Rolls of racks of every size: in time, each process once, and decided at a bearable cost."""

import asyncio
import cProfile
import math

import pytest

from convox.rollout.decide import decide
from convox.testing.roll import Rolled, WholeRoll
from convox.testing.rollout import SimulatedRollout
from convox.testing.simulation.database import MemoryDatabase

_SMALLEST = 10
_long = (pytest.mark.long, pytest.mark.timeout(7200))


class Counted:
    """Decides, and counts the calls of functions meanwhile: the same number on every machine.

    To count takes as long as to decide: of a large rack's decisions only every tenth is counted.
    """

    def __init__(self, instances: int) -> None:
        self._profile = cProfile.Profile()
        self._every = 10 if instances >= 1_000 else 1
        self._decisions = 0

    @property
    def calls(self) -> int:
        return self._every * sum(entry.callcount for entry in self._profile.getstats())

    def __call__(self, situation):
        self._decisions += 1
        if self._decisions % self._every:
            return decide(situation)
        self._profile.enable()
        try:
            return decide(situation)
        finally:
            self._profile.disable()


def _roll(instances: int) -> tuple[Rolled, int]:
    """Roll a rack; return how that went, and what deciding cost."""
    counted = Counted(instances)
    rack = SimulatedRollout(
        database=MemoryDatabase(),
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
