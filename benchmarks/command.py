"""How long a person waits for ``convox rack``, and what for."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from statistics import median

from demo.__main__ import RACK
from demo.stage import BIN, basic

from benchmarks.ground import Ground
from benchmarks.result import Result, times
from benchmarks.rounds import interleaved
from convox.testing.requests import Target

_ROUNDS = 20
_REFERENCE = "`python -c pass`"


def measure(ground: Ground) -> Result:
    """Measure programs that do more and more of it, and the API's part from within."""
    ports = ground.ports
    environment = {**os.environ, **ground.stage.environment}
    convox = str(BIN / "convox")
    programs = {
        _REFERENCE: [sys.executable, "-c", "pass"],
        "with the command imported": [
            sys.executable,
            "-c",
            "import os, convox.cli.main; os._exit(0)",
        ],
        "`convox --version`": [convox, "--version"],
        "`convox rack`": [convox, "rack", "-r", RACK],
    }
    waits = interleaved(
        {name: partial(_wait, words, environment) for name, words in programs.items()}, _ROUNDS
    )
    reference = median(waits[_REFERENCE])
    rows = [_row(name, median(found), reference) for name, found in waits.items()]
    for name, value in asyncio.run(_api(ground, ports.api)).items():
        rows.append(_row(name, value, reference))
    return Result(
        title="`convox rack` against `python -c pass`",
        how=(
            "The first four rows are programs, each doing what the one before does and more; the"
            f" last three are the API's part of `convox rack`. Median of {_ROUNDS} interleaved"
            " rounds."
        ),
        header=["", "ms", "ratio"],
        rows=rows,
    )


def _row(name: str, seconds: float, reference: float) -> list[str]:
    return [name, f"{seconds * 1000:.1f}", times(seconds, reference)]


def _wait(words: Sequence[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - began


async def _api(ground: Ground, port: int) -> dict[str, float]:
    """Return how long connecting and a first and a second request take, in seconds."""
    passwords = json.loads((ground.stage.home / "config" / "auth").read_text())
    target = Target(
        address=("127.0.0.1", port),
        host="localhost",
        authorization=basic(next(iter(passwords.values()))),
        tls=True,
    )
    found: dict[str, list[float]] = {"connecting with TLS": [], "a request": [], "the next one": []}
    for _ in range(_ROUNDS):
        marks = [time.perf_counter()]
        connection = await target.connect()
        marks.append(time.perf_counter())
        for _ in range(2):
            await connection.request("GET", "/system")
            marks.append(time.perf_counter())
        connection.close()
        for times_found, began, ended in zip(found.values(), marks, marks[1:], strict=False):
            times_found.append(ended - began)
    return {name: median(values) for name, values in found.items()}
