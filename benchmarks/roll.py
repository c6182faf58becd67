"""How long a roll of the instances takes against the path that nothing could shorten."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import records
from benchmarks.ground import Ground
from benchmarks.result import Result, times

_STEP = "SELECT * FROM update_steps WHERE \"update\" = ? AND name = 'instances'"
_INSTANCES = "SELECT * FROM instances WHERE phase = 'ready' ORDER BY created"
_PROCESSES = "SELECT * FROM processes WHERE instance = ? AND phase = 'serving'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One new instance: how long it took to boot, and its slowest process to be healthy."""

    instance: str
    boot: float
    health: float
    processes: int


def measure(ground: Ground) -> Result:
    """Add up what each batch had to wait for, and compare it with the clock on the wall."""
    (step,) = records.rows(ground.home, _STEP, ground.updates[-1].id)
    wall = records.seconds(step, "started", "ended")
    batches = _batches(ground)
    critical = sum(batch.boot + batch.health for batch in batches)
    rows = [
        [
            f"batch {number}",
            str(batch.processes),
            f"{batch.boot:.2f}",
            f"{batch.health:.2f}",
            f"{batch.boot + batch.health:.2f}",
        ]
        for number, batch in enumerate(batches, 1)
    ]
    rows.append(["critical path", "", "", "", f"{critical:.2f}"])
    rows.append(["the roll", "", "", "", f"{wall:.2f}"])
    rows.append(["the roll / critical path", "", "", "", times(wall, critical)])
    return Result(
        title="A roll of three instances against its critical path",
        how=(
            "The step `instances` of the update to D, under load, one instance a batch. The"
            " critical path is, batch after batch: the new instance boots, and the slowest process"
            " that moves to it becomes healthy. Seconds, as the rack recorded them."
        ),
        header=["", "processes", "boot", "health", "seconds"],
        rows=rows,
        reading=(
            "Drains are not on the path: what only drains holds up neither the next batch nor the"
            " end of the roll. A service without a port counts as healthy when it has stayed up"
            " for its grace time, five seconds; that is most of the longest batch."
        ),
    )


def _batches(ground: Ground) -> Sequence[Batch]:
    found = []
    for instance in records.rows(ground.home, _INSTANCES):
        processes = records.rows(ground.home, _PROCESSES, instance["id"])
        waits = [records.seconds(process, "created", "since") for process in processes]
        found.append(
            Batch(
                instance=instance["id"],
                boot=records.seconds(instance, "created", "since"),
                health=max(waits, default=0.0),
                processes=len(processes),
            )
        )
    return found
