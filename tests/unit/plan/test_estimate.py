"""How long an update should take."""

import random

import pytest

from convox.plan.estimate import Interval, expected

# What is done, how long it took before, the soak time, the machines, and what is expected.
CASES = {
    "nothing to do": ((), {}, 5, 3, (0, 0)),
    "a rack that has not updated yet": (("stage",), {}, 5, 3, (1.5, 20)),
    "a soak takes its time": (("soak",), {"soak": [60, 60]}, 5, 3, (5, 6.5)),
    "few runs widen": (("stage",), {"stage": [2, 4]}, 5, 3, (1.4, 6)),
    "many runs leave out the extremes": (
        ("stage",),
        {"stage": [*range(1, 10), 1000]},
        5,
        3,
        (1.9, 108.1),
    ),
    "a roll counts by the machine": (("instances",), {"instances": [3] * 5}, 5, 4, (12, 12)),
    "steps add up": (("fetch", "stage"), {"fetch": [1] * 5, "stage": [2] * 5}, 5, 1, (3, 3)),
}


@pytest.mark.parametrize(("steps", "past", "soak", "machines", "takes"), CASES.values(), ids=CASES)
def test_an_update_should_take_as_long_as_its_steps_took_before(steps, past, soak, machines, takes):
    found = expected(steps, past, soak=soak, machines=machines)
    assert (found.low, found.high) == pytest.approx(takes)


def test_what_has_passed_is_not_left():
    left = Interval(low=3, high=10).after(4)
    assert (left.low, left.high) == (0, 6)


def test_eight_in_ten_lie_in_an_interval_learnt_from_many():
    chance = random.Random(1)
    runs = [chance.lognormvariate(1, 0.5) for _ in range(400)]
    learnt = expected(["stage"], {"stage": runs[:200]}, soak=0, machines=1)
    within = sum(learnt.low <= each <= learnt.high for each in runs[200:])
    assert 0.75 <= within / 200 <= 0.85
