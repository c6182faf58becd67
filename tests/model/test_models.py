"""The models of the lease and of the handoff, looked through by Spin to the last state.

Each is also run with something taken out of it, to see that it would be missed.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
COUNT = re.compile(r"depth reached (\d+), errors: (\d+)\s+(\d+) states, stored")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to compile a search with, and how to run it."""

    compiled: tuple[str, ...]
    run: tuple[str, ...]


# Assertions, and no state in which nothing can go on that is not marked as an end.
SAFETY = Search(compiled=("-O1", "-DSAFETY", "-DNOCLAIM"), run=())
# The same where it soon finds something: to make it faster takes longer than it runs.
SOON = Search(compiled=("-O0", "-DSAFETY", "-DNOCLAIM"), run=())
# The same assertions, and what the model's formula says of every fair run.
PROGRESS = Search(compiled=("-O1", "-DNFAIR=3"), run=("-a", "-f"))


def errors(directory: Path, model: str, search: Search, *defines: str) -> int:
    """Search the whole model; print how much that was, and return the number of errors."""
    named = [f"-D{define}" for define in defines]
    for command in (
        ["spin", "-a", *named, str(HERE / f"{model}.pml")],
        ["gcc", "-w", "-DMEMLIM=2000", *search.compiled, "-o", "pan", "pan.c"],
    ):
        subprocess.run(command, cwd=directory, check=True, stdout=subprocess.DEVNULL)
    pan = ["./pan", "-m1000000", *search.run]
    told = subprocess.run(pan, cwd=directory, check=True, capture_output=True, text=True).stdout
    assert "max search depth too small" not in told
    assert "out of memory" not in told
    found = COUNT.search(told)
    assert found, told
    depth, count, states = (int(number) for number in found.groups())
    print(f"{model} {' '.join(defines)}: {states} states, {depth} deep, {count} errors")
    return count


@pytest.mark.parametrize("search", [SAFETY, PROGRESS], ids=["safety", "progress"])
def test_no_write_is_made_under_a_token_that_is_not_the_newest(tmp_path, search):
    assert errors(tmp_path, "lease", search) == 0


@pytest.mark.parametrize("missing", ["NO_CHECK", "CHECK_BEFORE", "TRANSACTIONS_TOGETHER"])
def test_two_write_at_once_without(tmp_path, missing):
    assert errors(tmp_path, "lease", SOON, missing) > 0


@pytest.mark.parametrize(
    ("search", "faults"),
    [
        pytest.param(SAFETY, 3, id="safety"),
        pytest.param(PROGRESS, 1, id="progress"),
        pytest.param(PROGRESS, 2, id="progress with more faults", marks=pytest.mark.long),
    ],
)
def test_a_handoff_ends_at_its_target_or_where_it_began(tmp_path, search, faults):
    assert errors(tmp_path, "handoff", search, f"FAULTS={faults}") == 0


@pytest.mark.parametrize(
    ("missing", "search", "faults"),
    [
        ("NO_FENCE", SOON, 1),
        ("START_AT_ONCE", SOON, 1),
        ("COMMIT_WHILE_STOPPING", SOON, 1),
        ("SWITCH_BACK_BY_OLD", SOON, 1),
        ("PROLONG_NAMES_NO_SLOT", PROGRESS, 0),
    ],
)
def test_a_handoff_goes_wrong_with(tmp_path, missing, search, faults):
    assert errors(tmp_path, "handoff", search, f"FAULTS={faults}", missing) > 0
