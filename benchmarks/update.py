"""How long the slowest hundredth of an app's requests takes during an update."""

from statistics import median

from benchmarks.ground import Ground
from benchmarks.result import Result, times
from benchmarks.updates import CALM


def measure(ground: Ground) -> Result:
    """Compare each update with the calm before it."""
    rows, ratios = [], []
    for update in ground.updates:
        calm, during = update.calm["p99_ms"], update.during["p99_ms"]
        ratios.append(during / calm)
        rows.append(
            [
                f"to {update.name}",
                f"{during:.1f}",
                f"{calm:.1f}",
                times(during, calm),
                times(update.during["p50_ms"], update.calm["p50_ms"]),
                f"{update.during['sent']:,}",
                str(update.during["failed"]),
                f"{update.during['api_gap_s']:.2f}",
            ]
        )
    return Result(
        title="An app during an update against before it",
        how=(
            "The demo's rack (three instances, an app with a database) under the demo's load,"
            f" some 320 requests a second; {CALM:.0f} s of calm, then an update, three times: B"
            " brings a component and migrates the state, C changes the control plane alone, D rolls"
            " the instances. Milliseconds."
        ),
        header=[
            *("update", "p99 during", "p99 before", "ratio", "ratio of p50"),
            *("requests", "failed", "longest API gap s"),
        ],
        rows=rows,
        reading=f"Median ratio of p99: {median(ratios):.2f}.",
    )
