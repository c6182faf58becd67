"""``python -m benchmarks.scale [--most N] [--write]``: fleets that read one feed, simulated.

They ask and update in virtual time. When they ask, their places in a ramp and what a condition
closes are the real functions; what an answer costs is counted at a real feed first.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from demo.stage import Stage

from benchmarks import feed_costs, scale_load, scale_rollout
from benchmarks.result import Result
from convox.control.automatic.policy import Policy
from convox.testing.fleet.load import Costs, Fleet

SIZES = (10_000, 1_000_000)
_STOPPED = 3  # days that the ramp takes which is stopped
_DOCS = Path(__file__).resolve().parent.parent / "docs"
_PAGE = _DOCS / "scale.md"


def main() -> int:
    """Measure what a rack costs, simulate all sizes, show and keep what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="racks at most")
    parser.add_argument("--write", action="store_true", help=f"write docs/{_PAGE.name} and plots")
    asked = parser.parse_args()
    costs, interval = _costs(), Policy().interval.total_seconds()
    fleets = [Fleet(racks=racks, interval=interval) for racks in SIZES if racks <= asked.most]
    loads = [scale_load.measure(fleet, costs) for fleet in fleets]
    spreads = [scale_rollout.spread(fleet, days) for fleet in fleets for days in scale_rollout.DAYS]
    alone = [
        scale_rollout.ramp_alone(fleet, days)
        for fleet in fleets
        for days in scale_rollout.DAYS
        if days
    ]
    of_largest = [each for each in spreads if each.fleet is fleets[-1]]
    left_alone = next(each for each in of_largest if each.days == _STOPPED)
    halted = scale_rollout.stop(left_alone)
    sections = [
        (scale_load.costs_result(costs, feed_costs.RELEASES), "", ""),
        (scale_load.result(loads), "scale-load.svg", scale_load.plot(loads[-1])),
        (
            scale_rollout.spread_result(alone),
            "scale-spread.svg",
            scale_rollout.spread_plot(left_alone, halted),
        ),
        (
            scale_rollout.reach_result(spreads),
            "scale-reach.svg",
            scale_rollout.reach_plot(of_largest),
        ),
        (scale_rollout.stop_result(halted), "", ""),
    ]
    for table, _, _ in sections:
        print(table.text())
    if asked.write:
        _write(sections)
    return 0


def _costs() -> Costs:
    home = Path(tempfile.mkdtemp(prefix="convox-scale-"))
    try:
        return feed_costs.measure(Stage(home=home))
    finally:
        shutil.rmtree(home)


def _write(sections: Sequence[tuple[Result, str, str]]) -> None:
    page = "# Scale\n\nWritten by `python -m benchmarks.scale --write`, with the plots.\n\n"
    for table, name, plot in sections:
        page += f"{table.markdown()}\n"
        if plot:
            (_DOCS / name).write_text(plot)
            page += f"![{table.title}]({name})\n\n"
    _PAGE.write_text(page.rstrip("\n") + "\n")


if __name__ == "__main__":
    sys.exit(main())
