"""Put a rack on this machine, or nothing at all.

Whatever was done is undone in reverse when something fails, or when a person interrupts.
"""

import json
import os
from contextlib import AsyncExitStack
from pathlib import Path

from convox.errors import RackError
from convox.feed.release import RackRelease
from convox.feed.store import Store
from convox.host.files import write_json
from convox.host.ids import RandomIds
from convox.installer import app_user, boot, lifecycle, own_version
from convox.installer.checks import check
from convox.installer.fetching import fetch
from convox.installer.layout import clear_away, lay_out
from convox.installer.places import home_of
from convox.installer.progress import say, step
from convox.installer.settings import Settings
from convox.installer.waiting import INSTALLED, wait_until
from convox.state.rackfile import RackFile
from convox.update import keeper_program
from convox.update.slots import Slots


async def install(settings: Settings, result: int | None) -> None:
    """Install and start a rack; write how to reach it as JSON to the descriptor ``result``."""
    home = home_of(settings.name)
    check(settings, home)
    async with AsyncExitStack() as undo:
        await _ensure_app_user(settings, undo)
        undo.callback(clear_away, home)
        facts = lay_out(home, settings, RandomIds())
        release = await fetch(home, settings)
        await _build(home, release, settings)
        undo.push_async_callback(_stop, home)
        undo.push_async_callback(boot.disarrange, settings.name)
        advice = await boot.arrange(settings.name, home)
        with step("Starting"):
            await boot.start_keeper(settings.name, home)
            await wait_until(home, INSTALLED)
        undo.pop_all()
    say(f"Rack {settings.name} runs {release.version} at {address(facts)}")
    say(advice)
    if result is not None:
        _hand_out(result, home, facts)


def address(facts: RackFile) -> str:
    """Return where the rack's API is reached on this machine."""
    host = "127.0.0.1" if facts.listen == "0.0.0.0" else facts.listen  # noqa: S104 - compared
    return f"{host}:{facts.api_port}"


async def _ensure_app_user(settings: Settings, undo: AsyncExitStack) -> None:
    user = settings.app_user
    if user is not None and not app_user.is_there(user):
        with step(f"Creating user {user}"):
            await app_user.create(user)
            undo.push_async_callback(app_user.remove, user)


async def _build(home: Path, release: RackRelease, settings: Settings) -> None:
    """Build the slot, and let it make the rack's first records; nothing runs yet."""
    with step(f"Building {release.version}"):
        slots = Slots(home / "slots", Store(home / "store"))
        await slots.build(release)
        wished = (f"--parameter={key}={value}" for key, value in settings.parameters.items())
        which = ("--home", home, "--version", release.version)
        await own_version.run(slots.python(release.version), "bootstrap", *which, *wished)
        write_json(home / "keeper" / "slots.json", {"current": release.version})
        keeper_program.install(home)


async def _stop(home: Path) -> None:
    """Stop what was started, but let the reason for that be the one that is told last."""
    try:
        await lifecycle.stop(home)
    except RackError as error:
        say(str(error))


def _hand_out(descriptor: int, home: Path, facts: RackFile) -> None:
    reached = {
        "host": address(facts),
        "password": facts.password,
        "certificate": (home / "router" / "ca.pem").read_text(),
    }
    with os.fdopen(descriptor, "w") as stream:
        json.dump(reached, stream)
