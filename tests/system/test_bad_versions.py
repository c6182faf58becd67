"""A new version that cannot do its work is left for the one before, and the app notices nothing."""

import os
import re
import signal
from collections.abc import Mapping

import pytest
from tests.system.rack import Rack, until

# The first of them waits until all releases are built.
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

HANDED_OVER = "handoff.journal.verified.after"
HANDOFFS = 30


def test_the_keeper_goes_back_when_the_new_version_hangs(
    rack: Rack, others: Mapping[str, str]
) -> None:
    before, target = _picture(rack), others["A again"]
    with rack.traffic():
        reached = rack.strike(HANDED_OVER, "hold")
        rack.update(target)
        until(reached.exists)
        os.kill(rack.control_planes()[target], signal.SIGSTOP)
        reached.unlink()
        ended = rack.ended()
    assert ended["state"] == "undone"
    assert ended["cause"] == f"handoff: slot {target} gave no sign of life for 120 s"
    assert _picture(rack) == before


@pytest.mark.parametrize(
    ("release", "cause"),
    [
        ("idle", "handoff: .* gave no sign of life for 120 s"),
        ("forgetful", "soak: app app is lost"),
    ],
)
def test_the_rack_goes_back_when_the_new_version_answers_and_does_not_do_its_work(
    rack: Rack, others: Mapping[str, str], release: str, cause: str
) -> None:
    before = _picture(rack)
    with rack.traffic():
        rack.update(others[release])
        ended = rack.ended()
    assert ended["state"] == "undone"
    assert re.match(cause, ended["cause"]), ended["cause"]
    assert _picture(rack) == before


@pytest.mark.timeout(3600)
def test_the_api_is_hardly_away_in_many_handoffs(rack: Rack, others: Mapping[str, str]) -> None:
    versions = [others["A again"], rack.version]
    with rack.load() as load:
        for number in range(HANDOFFS):
            load.phase(f"handoff {number}")
            rack.update(versions[number % 2], "--wait")
    phases = load.report["phases"]
    gaps = sorted(each["api_gap_s"] for name, each in phases.items() if name.startswith("handoff"))
    assert len(gaps) == HANDOFFS
    assert load.report["failed"] == 0, load.report["failures"]
    half, most = gaps[HANDOFFS // 2], gaps[HANDOFFS * 99 // 100]
    print(f"{HANDOFFS} handoffs, the API was away for {half:.2f} s (p50), {most:.2f} s (p99)")


def _picture(rack: Rack) -> tuple[str, dict[str, str], set[str]]:
    until(lambda: list(rack.control_planes()) == [rack.version])
    return rack.version, rack.processes(), rack.slots()
