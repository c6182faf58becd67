"""How long a person waits for ``convox rack``, and what for."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from demo.__main__ import RACK
from demo.stage import BIN

from benchmarks.ground import Ground
from benchmarks.result import Result, times
from benchmarks.rounds import interleaved
from convox.cli.machine import Machine
from convox.cli.selection import select
from convox.cli.settings import Settings
from convox.client.connection import connect
from convox.client.endpoint import Endpoint
from convox.client.rack import Rack

_ROUNDS = 30
_REFERENCE = "`python -c pass`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Seconds that passed, and those in which a program that was run had a processor."""

    wall: float
    cpu: float


def measure(ground: Ground) -> Result:
    """Measure programs that do more and more of it, and the rack's part from within."""
    _ = ground.ports
    environment = _environment(ground)
    measured = interleaved({**_programs(environment), **_requests(_endpoint(environment))}, _ROUNDS)
    waits = {name: _typical(found) for name, found in measured.items()}
    reference = waits[_REFERENCE]
    return Result(
        title="`convox rack` against `python -c pass`",
        how=(
            "The first five rows are programs, each doing what the one before does and more. The"
            " others are what `convox rack` waits for when it asks, by the functions that it calls,"
            " each over a connection of its own; `/check` is answered without a look at anything."
            f" Median of {_ROUNDS} interleaved rounds, with bytecode, as after a first run."
        ),
        header=["", "ms", "ratio", "ms of CPU", "ratio"],
        rows=[
            [name, *_cells(found.wall, reference.wall), *_cells(found.cpu, reference.cpu)]
            for name, found in waits.items()
        ],
        reading=(
            "On a machine with other work the processor time says most: it is what remains of the"
            " wait on an idle one, but for what the rack itself takes to answer."
        ),
    )


def _typical(found: Sequence[Wait]) -> Wait:
    return Wait(wall=median(each.wall for each in found), cpu=median(each.cpu for each in found))


def _cells(seconds: float, reference: float) -> list[str]:
    return [f"{seconds * 1000:.1f}", times(seconds, reference)] if seconds else ["", ""]


def _environment(ground: Ground) -> Mapping[str, str]:
    """Return what a command is run with; where nobody may keep bytecode, it is made anew always."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **ground.stage.environment}


def _programs(environment: Mapping[str, str]) -> Mapping[str, Callable[[], Wait]]:
    convox = str(BIN / "convox")
    loaded = "import os, convox.cli.main; os._exit(0)"
    commands = {
        _REFERENCE: [sys.executable, "-c", "pass"],
        "with the command imported": [sys.executable, "-c", loaded],
        "`convox --version`": [convox, "--version"],
        "the same and `ssl`": [sys.executable, "-c", f"import re, ssl; {loaded}"],
        "`convox rack`": [convox, "rack", "-r", RACK],
    }
    return {name: partial(_run, words, environment) for name, words in commands.items()}


def _requests(endpoint: Endpoint) -> Mapping[str, Callable[[], Wait]]:
    rack = Rack(endpoint)
    return {
        "connecting with TLS": partial(_timed, lambda: connect(endpoint).close()),
        "connecting, and GET /check": partial(_timed, lambda: rack.reach("/check")),
        "connecting, and GET /system": partial(_timed, lambda: rack.reach("/system")),
    }


def _endpoint(environment: Mapping[str, str]) -> Endpoint:
    machine = Machine.here()._replace(environment=environment)
    return select(Settings(machine), machine, RACK)


def _run(words: Sequence[str], environment: Mapping[str, str]) -> Wait:
    return _timed(
        lambda: subprocess.run(
            words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
        )
    )


def _timed(act: Callable[[], object]) -> Wait:
    began, used = time.perf_counter(), _used()
    act()
    return Wait(wall=time.perf_counter() - began, cpu=_used() - used)


def _used() -> float:
    """Return the processor time of all programs that were run and have ended, in seconds."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime
