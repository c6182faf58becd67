"""Programs that are run to their end."""

import asyncio
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from convox.errors import HostError


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a program ended."""

    status: int
    output: str


async def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    user: str | int | None = None,
) -> Result:
    """Run a program to its end; its output and its errors come back as one text.

    ``environment`` is added to this process's own. A cancelled call kills the program.
    """
    process = await asyncio.create_subprocess_exec(
        *map(str, argv),
        cwd=cwd,
        env={**os.environ, **environment} if environment else None,
        user=user,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    return Result(status=process.returncode or 0, output=output.decode(errors="replace"))


async def check(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    user: str | int | None = None,
) -> str:
    """Run a program that must succeed and return its output."""
    result = await run(argv, cwd=cwd, environment=environment, user=user)
    if result.status != 0:
        last = result.output.strip()[-2000:]
        raise HostError(f"cannot run {Path(argv[0]).name}: exit status {result.status}\n{last}")
    return result.output
