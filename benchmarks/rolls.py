"""``python -m benchmarks.rolls [--most N] [--write]``: rolls of racks of all sizes, simulated.

It passes in virtual time; the driver, the decisions and the records, in memory, are the real ones.
"""

import argparse
import asyncio
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.plot import Series, svg
from benchmarks.result import Result
from convox.rollout.action import Action
from convox.rollout.decide import decide
from convox.rollout.situation import Situation
from convox.state.database import Database
from convox.testing.roll import Rolled, WholeRoll
from convox.testing.rollout import SimulatedRollout

SIZES = (10, 100, 1_000, 10_000)
_DOCS = Path(__file__).resolve().parent.parent / "docs"
_PAGE, _PLOT = _DOCS / "rolls.md", _DOCS / "rolls.svg"


class Stopwatch:
    """Decides, and adds up the processor time that it takes."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, situation: Situation) -> Sequence[Action]:
        began = time.process_time()
        try:
            return decide(situation)
        finally:
            self.seconds += time.process_time() - began


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A roll of so many instances, and the seconds of processor time that deciding took."""

    instances: int
    rolled: Rolled
    deciding: float

    @property
    def a_tick(self) -> float:
        """Milliseconds for all decisions of one moment."""
        return 1000 * self.deciding / self.rolled.ticks


def measure(instances: int) -> Measured:
    """Fill a rack of that size with apps, and replace all its instances, a fifth at a time."""
    watch = Stopwatch()
    rack = SimulatedRollout(
        database=Database("sqlite:///:memory:"),
        count=instances,
        batch=instances // 5,
        decide=watch,
    )

    async def play() -> Measured:
        whole = WholeRoll(rack=rack)
        await whole.fill()
        before = watch.seconds
        rolled = await whole.roll("img-2")
        return Measured(instances=instances, rolled=rolled, deciding=watch.seconds - before)

    return asyncio.run(play())


def result(found: Sequence[Measured]) -> Result:
    """Return what was found as a table."""
    base = found[0]
    return Result(
        title="Rolls of racks of every size",
        how=(
            "All instances of a rack are replaced, a fifth of them at a time, in virtual time: an"
            " agent on each, one app with a copy for every tenth, and small apps, most with a"
            " single copy. An instance boots in 30 s, a process is healthy after 5 s. The critical"
            " path is that boot and that health, for one instance after the other in each place of"
            " a batch. Each process moved once, and no promise of a rollout was broken."
        ),
        header=[
            "instances",
            "processes",
            "roll, s",
            "critical path, s",
            "ratio",
            "ticks",
            "deciding, CPU s",
            "a tick, CPU ms",
            "against n log n",
        ],
        rows=[
            [
                f"{one.instances:,}",
                f"{one.rolled.processes:,}",
                f"{one.rolled.seconds:.1f}",
                f"{one.rolled.critical:.1f}",
                f"{one.rolled.seconds / one.rolled.critical:.3f}",
                f"{one.rolled.ticks:,}",
                f"{one.deciding:.2f}",
                f"{one.a_tick:.1f}",
                f"{one.a_tick / _n_log_n(base, one.instances):.2f}",
            ]
            for one in found
        ],
        reading=(
            "The last column is the cost of a tick against that of the smallest rack times the"
            " growth of n log n: below 1 it grows more slowly. Processor times are this machine's;"
            " `tests/simulation/test_rolls.py` counts calls of functions instead."
        ),
    )


def plot(found: Sequence[Measured]) -> str:
    """Return the cost of a tick by the size of the rack, beside n log n."""
    base = found[0]
    return svg(
        "What deciding costs, by the size of the rack",
        "instances",
        "CPU milliseconds a tick",
        [
            Series(name="measured", points=[(one.instances, one.a_tick) for one in found]),
            Series(
                name="n log n from the smallest rack",
                points=[(one.instances, _n_log_n(base, one.instances)) for one in found],
                is_reference=True,
            ),
        ],
    )


def _n_log_n(base: Measured, instances: int) -> float:
    """Return what a tick would cost if the cost grew as n log n does."""
    growth = instances * math.log(instances) / (base.instances * math.log(base.instances))
    return base.a_tick * growth


def _page(table: Result) -> str:
    head = "# Rolls\n\nWritten by `python -m benchmarks.rolls --write`, with the plot.\n\n"
    return f"{head}{table.markdown()}\n![{table.title}]({_PLOT.name})\n"


def main() -> int:
    """Measure all sizes, show the table, and keep it with its plot where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rolls", description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="instances at most")
    parser.add_argument("--write", action="store_true", help=f"write docs/{_PAGE.name} and a plot")
    asked = parser.parse_args()
    found = [measure(instances) for instances in SIZES if instances <= asked.most]
    table = result(found)
    print(table.text())
    if asked.write:
        _PLOT.write_text(plot(found))
        _PAGE.write_text(_page(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
