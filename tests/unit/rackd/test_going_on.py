"""What a loop of the control plane bears, and what is told when it ends by itself."""

import asyncio
import errno

import pytest

from convox.errors import FeedUnreachable, RouterError
from convox.rackd.going_on import cause, go_on
from convox.testing.clock import SimulatedClock

PORT = RouterError("cannot listen on 127.0.0.1:80")


def play(*troubles: Exception) -> list[str]:
    """Run a loop that meets these one after the other, and then ends; return what was told."""
    ahead, told, clock = list(troubles), [], SimulatedClock()

    async def run() -> None:
        if ahead:
            raise ahead.pop(0)

    asyncio.run(clock.run(go_on(run, clock=clock, narrate=told.append)))
    return told


def test_a_loop_is_begun_again_and_each_reason_is_told_once():
    full, away = OSError(errno.ENOSPC, "full"), FeedUnreachable("the feed is away")
    assert play(full, full, away, full) == [
        "cannot go on: [Errno 28] full; trying again",
        "cannot go on: the feed is away; trying again",
        "cannot go on: [Errno 28] full; trying again",
    ]


def test_a_loop_ends_with_a_mistake_of_ours():
    with pytest.raises(ExceptionGroup) as ended:
        play(KeyError("x"))
    assert ended.group_contains(KeyError)


@pytest.mark.parametrize(
    ("group", "told"),
    [
        (ExceptionGroup("", [ExceptionGroup("", [PORT])]), str(PORT)),
        (ExceptionGroup("", [KeyError("x"), ExceptionGroup("", [KeyError("y"), PORT])]), str(PORT)),
        (ExceptionGroup("", [KeyError("x")]), ""),
    ],
)
def test_the_cause_is_what_a_person_can_act_on(group, told):
    assert cause(group) == told
