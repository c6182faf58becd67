"""A simulated rack whose records are in memory, and how its processes are."""

from convox.rollout.process import Phase
from convox.state.database import Database
from convox.testing.rollout import SimulatedRollout


def new_rack() -> SimulatedRollout:
    return SimulatedRollout(database=Database("sqlite:///:memory:"))


def phases(rack: SimulatedRollout) -> list[Phase]:
    return [process.phase for process in rack.processes()]
