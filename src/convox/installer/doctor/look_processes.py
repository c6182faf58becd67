"""Look at what runs."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import sqlalchemy as sa

from convox.control.desired import resource_specs
from convox.errors import RackError
from convox.host import http
from convox.host.files import read_json
from convox.host.processes import find_using
from convox.installer.keeper_record import control_planes
from convox.installer.waiting import ask_status
from convox.rackd.ground import Ground
from convox.state.database import Database
from convox.state.rackfile import RackFile
from convox.update.keeper import KeeperStatus


async def keeper(parts: Ground) -> KeeperStatus | None:
    """Return what the keeper answers; ``None`` where it does not."""
    try:
        return await parts.keeper.status()
    except RackError:
        return None


async def api(home: Path) -> str:
    """Return why the control plane does not answer on its socket."""
    try:
        answer = await http.get_unix(home / "run" / "api.sock", "/check", {})
    except OSError as error:
        return str(error)
    return "" if answer.status == 200 else f"it answers with {answer.status}"


async def front(facts: RackFile) -> str:
    """Return why the API does not answer where people reach it."""
    where = f"{facts.listen}:{facts.api_port}"
    return "" if await ask_status(facts) else f"it does not answer at {where}"


async def router(parts: Ground) -> str:
    """Return why the router cannot be steered."""
    if not parts.router.is_running():
        return "haproxy does not run"
    try:
        await parts.router.serving()
    except (RackError, OSError) as error:
        return str(error)
    return ""


async def resources(parts: Ground) -> Mapping[str, str]:
    """Return how the servers of resources are."""
    database = Database(parts.facts.database)
    try:
        with database.look() as connection:
            specs = resource_specs(connection)
    except sa.exc.SQLAlchemyError:
        return {}
    finally:
        database.close()
    return {
        f"{app}/{name}": (await parts.resources.status(spec)).value
        for (app, name), spec in specs.items()
    }


async def instances(parts: Ground) -> Mapping[str, str]:
    """Return the states of instances, by id."""
    return {each.id: each.state.value for each in await parts.engine.instances()}


def haproxies(home: Path) -> set[int]:
    """Return every process of the router, also those that finish."""
    return {pid.number for pid in find_using("-f", str(home / "router" / "haproxy.cfg"))}


def orphans(parts: Ground) -> Iterator[tuple[int, str]]:
    """Yield control planes, keepers, agents and components that nothing has a record of."""
    known = _known(parts)
    for what, words in _programs(parts.home):
        for pid in find_using(*words):
            if pid.number not in known:
                yield pid.number, what


def _known(parts: Ground) -> set[int]:
    home = parts.home
    notes = (home / "keeper" / "pid.json", *home.glob("instances/*/agent.pid"))
    noted = {number for path in notes for number in _noted(path)}
    running = {pid.number for pid in parts.components.running().values()}
    return noted | running | {pid.number for pid in control_planes(home).values()}


def _programs(home: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what a rack runs, with words of its command line."""
    yield "a control plane", ("convox.rackd", "--home", str(home), "--slot")
    yield "a keeper", (str(home / "keeper" / "current"), "--home", str(home))
    for program in home.glob("components/*/program.py"):
        yield f"component {program.parent.name}", (str(program), str(home))
    for image in (home / "images").glob("[!.]*"):
        yield "an agent", (str(image), "--home")


def last_words(home: Path) -> str:
    """Return the last line that a control plane said."""
    try:
        said = (home / "logs" / "rackd.log").read_text(errors="replace").strip()
    except OSError:
        return "it said nothing"
    return said.rpartition("\n")[2][-300:]


def _noted(path: Path) -> set[int]:
    try:
        return {int(read_json(path)["number"])}
    except (OSError, ValueError, TypeError, KeyError):
        return set()
