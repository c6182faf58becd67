"""From a wish to a server that can be started: programs that fit, and data to serve."""

import shutil
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from convox.errors import ResourceError
from convox.host.files import read_twice, sync_directory, write_twice
from convox.host.processes import Pid, spawn_detached
from convox.host.users import own
from convox.resources.kind import Kind, Place
from convox.resources.programs import Program
from convox.resources.resource import ResourceSpec
from convox.resources.table import KINDS

_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}


async def prepare(spec: ResourceSpec, place: Place, home: Path) -> Callable[[], Pid | None]:
    """Initialise the data where there is none yet; return what starts the server."""
    kind = KINDS[spec.type]
    for directory in reversed((place.directory, *place.directory.relative_to(home).parents[:-1])):
        _make_passable(home / directory)
    program = await _choose(kind, spec, place, home)
    await _initialise(kind, spec, program, place)

    def begin() -> Pid | None:
        kind.configure(spec, place)
        try:
            return spawn_detached(
                kind.command(spec, program, place),
                log=place.log,
                cwd=place.data,
                environment=_ENVIRONMENT,
                user=place.user,
            )
        except ProcessLookupError:
            return None

    return begin


def _make_passable(directory: Path) -> None:
    """The server's user must get through to the data, whatever the umask."""
    if not directory.exists():
        directory.mkdir()
        directory.chmod(0o711)


async def _choose(kind: Kind, spec: ResourceSpec, place: Place, home: Path) -> Program:
    """Find programs that can serve the data there is, or that were asked for to begin some."""
    data = _major(spec, place) if place.record.exists() else None
    wanted = spec.options.get("version", "").partition(".")[0]
    seen = []
    async with aclosing(kind.programs.found(home, place.user)) as found:
        async for program in found:
            if kind.serves(program.major, data) if data else wanted in {"", str(program.major)}:
                return await kind.programs.keep(program, home)
            seen.append(program.version)
    need = f"its data is of {kind.title} {data}" if data else f"it asks for {kind.title} {wanted}"
    has = f"this machine has {', '.join(seen) or 'none'}"
    remedy = f"install {kind.title} {data or wanted} for all users"
    raise ResourceError(f"cannot start {spec.label}: {need}, and {has}; {remedy}")


def _major(spec: ResourceSpec, place: Place) -> int:
    """Return which version the data is of."""
    try:
        found: int = read_twice(place.record)["major"]
    except (ValueError, TypeError, KeyError) as error:
        raise ResourceError(
            f"cannot start {spec.label}: {place.record} is damaged; write"
            ' {"major": NUMBER} there, the version of the data'
        ) from error
    return found


async def _initialise(kind: Kind, spec: ResourceSpec, program: Program, place: Place) -> None:
    """Make the data whole before it gets its name, and note its version before that."""
    if not place.data.exists():
        draft = place.directory / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        own(draft, place.user)
        await kind.initialise(draft, spec, program, place)
        write_twice(place.record, {"major": program.major})
        draft.rename(place.data)
        sync_directory(place.directory)
    elif _major(spec, place) != program.major:
        write_twice(place.record, {"major": program.major})
