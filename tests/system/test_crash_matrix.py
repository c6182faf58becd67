"""Every fault in every step: the update ends at its target, or exactly where it began, unaided.

The whole matrix runs among the long tests and writes ``docs/crash-matrix.md``; a few of its cells
run always.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import product
from pathlib import Path

import pytest
from demo.stage import Stage
from tests.system import matrix_table
from tests.system.conftest import Feed
from tests.system.faults import Fault, Place, can_move_clocks, processes
from tests.system.matrix import POINTS, Matrix
from tests.system.rack import Rack

from convox.testing.disk import NoDisk, small_disk

CELLS = [*product(Fault, POINTS)]


@pytest.fixture(scope="module")
def matrix(feed: Feed, stage: Stage) -> Iterator[Matrix]:
    """Yield a rack on a disk of its own, to be struck; write down what came of it."""
    matrix = Matrix(make=lambda held: _alone(held, feed, stage))
    with matrix.held:
        yield matrix
    if matrix.outcomes:
        print(matrix_table.table(matrix.outcomes, list(POINTS)))
        print(matrix_table.summary(matrix.outcomes))
    if matrix.outcomes.keys() == set(CELLS):
        matrix_table.write(matrix.outcomes, list(POINTS))


@pytest.fixture(scope="module")
def sample(doomed: Rack, stage: Stage) -> Matrix:
    """Return a rack to be struck a few times."""
    place = Place(rack=doomed, disk=None, clock=stage.home / "clock")
    return Matrix(make=lambda _: place)


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        (Fault.KEEPER, "handoff"),
        (Fault.AGENT, "instances"),
        (Fault.HAPROXY, "components"),
        (Fault.REPLY, "expand"),
        (Fault.POWER, "soak"),
    ],
)
def test_an_update_ends_right_whatever_strikes(sample: Matrix, fault: Fault, step: str) -> None:
    print(sample.strike(fault, step))


@pytest.mark.long
@pytest.mark.parametrize(("fault", "step"), CELLS)
def test_an_update_ends_right_whatever_strikes_in_any_step(
    matrix: Matrix, fault: Fault, step: str
) -> None:
    if fault is Fault.CLOCK and not can_move_clocks():
        pytest.skip("nothing here moves the clock of some programs alone; install gcc")
    print(f"{fault}, {step}: {matrix.strike(fault, step)}")


def _alone(held: ExitStack, feed: Feed, stage: Stage) -> Place:
    """Install a rack on a disk that it shares with nobody, not even with its resources."""
    home = Path(tempfile.mkdtemp(prefix="cvx-", dir="/tmp"))
    held.callback(shutil.rmtree, home, ignore_errors=True)
    home.chmod(0o755)
    (home / "feed").symlink_to(stage.feed)
    (home / "racks").mkdir()
    try:
        disk = held.enter_context(small_disk(home / "racks", size="1g"))
    except NoDisk as error:
        pytest.skip(f"cannot mount a disk here: {error}")
    own = Stage(home=home)
    version = feed.versions["A"]
    held.callback(_end, home / "racks" / "struck")
    rack = Rack.installed(own, "struck", feed=feed.address, version=version, instances=2)
    (rack.home / "resources").mkdir(exist_ok=True)
    held.enter_context(small_disk(rack.home / "resources", size="64m"))
    rack.deploy()
    return Place(rack=rack, disk=disk, clock=home / "clock")


def _end(home: Path) -> None:
    """End all of a rack at once; it lies on a disk that goes with it."""
    while numbers := list(processes(home)):
        for number in numbers:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
