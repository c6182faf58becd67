"""Racks neither keep step nor press a feed that is away."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from convox.feed.polling import LONGEST, until_first, until_next

_draws = some.floats(min_value=0, max_value=1, exclude_max=True)
_intervals = some.floats(min_value=5, max_value=86400)


@given(_intervals, _draws)
def test_racks_that_start_at_once_ask_over_a_whole_interval(interval, draw):
    assert 0 <= until_first(interval, draw) <= interval
    assert until_first(interval, 0.0) == 0
    assert until_first(interval, 0.75) == 0.75 * interval


@given(_intervals, some.integers(0, 5000), _draws)
def test_the_wait_is_the_interval_on_average_and_longer_after_failures(interval, failures, draw):
    least, most = until_next(interval, failures, 0.0), until_next(interval, failures, 1.0)
    assert least <= until_next(interval, failures, draw) <= most
    assert (least + most) / 2 >= interval
    assert (least + most) / 2 <= max(interval, LONGEST)
    assert most > least > 0


def test_a_rack_asks_less_and_less_often_while_its_feed_is_away():
    waits = [until_next(600, failures, 0.5) for failures in range(6)]
    assert waits == [600, 1200, 2400, 3600, 3600, 3600]
    assert all(later >= earlier for earlier, later in pairwise(waits))


def test_racks_that_asked_at_the_same_moment_do_not_ask_again_at_the_same():
    assert {until_next(600, 0, number / 10) for number in range(10)} >= {300, 600, 840}
