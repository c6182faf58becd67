"""Where and how a file has a rack's update struck."""

import asyncio

import pytest

from convox.rackd.failpoints import at
from convox.testing.clock import SimulatedClock
from convox.update.failpoints import Failpoint

HERE = Failpoint("stage", "slot", "do", "before")
ELSEWHERE = Failpoint("stage", "slot", "do", "after")
STRIKES = {"fail": "No space left on device", "lose": "the answer was lost"}


@pytest.mark.parametrize(("strike", "text"), STRIKES.items(), ids=STRIKES)
def test_it_strikes_there_and_once(tmp_path, strike, text):
    reach = at(tmp_path / "failpoint", SimulatedClock())
    (tmp_path / "failpoint").write_text(f"{HERE} {strike}")
    asyncio.run(reach(ELSEWHERE))
    with pytest.raises(OSError, match=text):
        asyncio.run(reach(HERE))
    asyncio.run(reach(HERE))


def test_it_holds_until_somebody_lets_it_go_on(tmp_path):
    clock, reached = SimulatedClock(), tmp_path / "failpoint.reached"
    (tmp_path / "failpoint").write_text(f"{HERE} hold")

    async def hold() -> list[bool]:
        holding = asyncio.create_task(at(tmp_path / "failpoint", clock)(HERE))
        await clock.advance(60)
        seen = [holding.done()]
        reached.unlink()
        await clock.advance(1)
        return [*seen, holding.done()]

    assert asyncio.run(hold()) == [False, True]


@pytest.mark.parametrize("text", ["", "stage.slot.do.before", "one two three"])
def test_a_file_that_says_nothing_is_passed_by(tmp_path, text):
    (tmp_path / "failpoint").write_text(text)
    asyncio.run(at(tmp_path / "failpoint", SimulatedClock())(HERE))
