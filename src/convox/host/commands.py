"""Programs that are run to their end."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from convox.errors import HostError
from convox.host.users import credentials

_READ = 65536  # bytes


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
        **credentials(user),
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


async def narrate(
    argv: Sequence[str | Path],
    *,
    say: Callable[[str], None],
    cwd: Path,
    environment: Mapping[str, str],
    user: str | int | None = None,
) -> int:
    """Run a program to its end and pass on each line as it appears; return its status.

    ``environment`` is all that the program gets of one. A cancelled call, and the program's own
    end, kill whatever it has started and not waited for.
    """
    process = await asyncio.create_subprocess_exec(
        *map(str, argv),
        cwd=cwd,
        env=dict(environment),
        **credentials(user),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        await asyncio.gather(_pass_on(process.stdout, say), _wait_and_sweep(process))
    finally:
        _sweep(process)
        await process.wait()
    return process.returncode or 0


async def _wait_and_sweep(process: asyncio.subprocess.Process) -> None:
    await process.wait()
    _sweep(process)


def _sweep(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def _pass_on(stream: asyncio.StreamReader | None, say: Callable[[str], None]) -> None:
    """Say each line without its end; one that is longer than a read comes in pieces."""
    rest = b""
    while stream and (chunk := await stream.read(_READ)):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            say(line.decode(errors="replace").rstrip("\r"))
        if len(rest) > _READ:
            say(rest.decode(errors="replace"))
            rest = b""
    if rest:
        say(rest.decode(errors="replace"))
