"""When a notice is sent again, and when it is given up."""

from datetime import UTC, datetime, timedelta

import pytest

from convox.notices.delivery import Answer, Delivery, Result, judge, pause
from convox.notices.notice import NoticeKind, compose
from convox.notices.receiver import Receiver, ReceiverForm

TOLD = datetime(2026, 2, 1, tzinfo=UTC)
MISS = Answer(status=503, error="HTTP 503")


def delivery(attempts: int = 0) -> Delivery:
    return Delivery(
        notice=compose(kind=NoticeKind.DONE, time=TOLD, rack="dev", version="2", text="done"),
        receiver=Receiver(name="ops", form=ReceiverForm.WEBHOOK, address="https://example.com"),
        attempts=attempts,
    )


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 10), (1, 20), (2, 40), (8, 2560), (9, 3600), (5000, 3600)]
)
def test_pauses_double_up_to_an_hour(attempts, seconds):
    assert pause(attempts) == timedelta(seconds=seconds)


def test_what_was_taken_is_delivered_however_late_it_is():
    late = TOLD + timedelta(days=9)
    assert judge(delivery(), Answer(status=204), late).result is Result.DELIVERED


def test_a_receiver_may_ask_for_a_longer_pause_but_not_for_a_shorter_or_an_endless_one():
    wanted = {"asks": timedelta(seconds=60), "less": timedelta(seconds=1), "ever": timedelta(9)}
    due = {
        name: judge(delivery(), Answer(status=429, error="HTTP 429", pause=each), TOLD).due
        for name, each in wanted.items()
    }
    assert due == {
        "asks": TOLD + timedelta(seconds=60),
        "less": TOLD + timedelta(seconds=10),
        "ever": TOLD + timedelta(hours=1),
    }


@pytest.mark.parametrize(("hours", "result"), [(22.9, Result.MISSED), (23.1, Result.GIVEN_UP)])
def test_it_is_given_up_where_the_next_attempt_would_come_after_a_day(hours, result):
    verdict = judge(delivery(20), MISS, TOLD + timedelta(hours=hours))
    assert verdict.result is result
    assert (verdict.due is None) == (result is Result.GIVEN_UP)
