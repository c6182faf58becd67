"""``python -m benchmarks [NAME...] [--write]``: measure, show, and keep what was found."""

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from demo.screen import Screen

from benchmarks import command, download, lineage, memory, roll, router, update
from benchmarks.ground import Ground
from benchmarks.result import Result

# In this order: what wants a rack that has seen nothing yet comes before its updates.
BENCHMARKS: Mapping[str, Callable[[Ground], Result]] = {
    "router": router.measure,
    "download": download.measure,
    "memory": memory.measure,
    "command": command.measure,
    "update": update.measure,
    "roll": roll.measure,
    "lineage": lineage.measure,
}
PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def main() -> int:
    """Run the benchmarks that are asked for, all where none is named."""
    asked, machine = _arguments(), _machine()
    screen = Screen()
    ground = Ground(screen)
    try:
        results = [
            measure(ground)
            for name, measure in BENCHMARKS.items()
            if name in (asked.names or BENCHMARKS)
        ]
    finally:
        ground.clear()
    screen.chapter("What was measured")
    screen.line(machine)
    for result in results:
        screen.last(result.text())
    if asked.write:
        PAGE.write_text(_page(results, machine))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--write", action="store_true", help=f"write docs/{PAGE.name}")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    if asked.write and asked.names:
        parser.error("the page holds all benchmarks: name none to write it")
    return asked


def _page(results: Sequence[Result], machine: str) -> str:
    head = f"""\
# Benchmarks

Written by `python -m benchmarks --write`; `make bench` only shows. Each figure stands beside a
named reference of the same run, so look at the ratios; the rest is this machine:
{machine}.

"""
    return head + "\n".join(result.markdown() for result in results)


def _machine() -> str:
    version = subprocess.run(["haproxy", "-v"], capture_output=True, text=True, check=True).stdout
    haproxy = version.split()[2]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors, {platform.system()}"
        f" {platform.release()}, Python {platform.python_version()}, HAProxy {haproxy};"
        f" load average {os.getloadavg()[0]:.1f} before the run"
    )


if __name__ == "__main__":
    sys.exit(main())
