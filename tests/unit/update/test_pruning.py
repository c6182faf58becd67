"""What stays after a commit is both sides of the hop, and what still runs."""

import asyncio
import threading

from convox.components.running import RunningComponents
from convox.feed.release import Artifact, RackRelease
from convox.feed.store import Store
from convox.host.clock import SystemClock
from convox.state import migrate, wanted
from convox.update.pruning import Pruning
from convox.update.slots import Slots
from convox.update.steps.step import HopInHand

WANTED, FORMER = "meter-" + "a" * 12, "meter-" + "b" * 12


def release(version: str, image: str) -> RackRelease:
    wheel = Artifact(name=f"{version}.whl", size=0, sha256=f"wheel-{version}")
    return RackRelease(
        version=version, notes="", surfaces={}, images={"local": image}, artifacts=(wheel,)
    )


HOP = HopInHand(update="U1", origin=release("2", "img-2"), target=release("3", "img-3"))


def pruning(database, home, booted, began=()):
    store = Store(home / "store")
    return Pruning(
        home=home,
        slots=Slots(home / "slots", store),
        store=store,
        components=RunningComponents(home=home, clock=SystemClock()),
        database=database,
        booted=booted,
        began=lambda hop: began,
    )


def names(directory):
    return {path.name for path in directory.glob("[!.]*")}


def test_the_loop_goes_on_while_much_is_removed(database, tmp_path):
    migrate.expand(database)
    (tmp_path / "keeper").mkdir()
    (tmp_path / "keeper" / "current").mkdir()
    goes_on = threading.Event()

    async def go_on():
        goes_on.set()

    async def both():
        prune = pruning(database, tmp_path, booted=lambda: [] if goes_on.wait(10) else None)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(prune(HOP))
            tasks.create_task(go_on())

    asyncio.run(both())


def test_what_neither_the_hop_nor_an_undo_of_the_update_needs_is_removed(database, tmp_path):
    migrate.expand(database)
    with database.begin() as connection:
        wanted.want_components(connection, [WANTED])
    for version in ("0", "1", "2", "3"):
        (tmp_path / "slots" / version).mkdir(parents=True)
        (tmp_path / "store").mkdir(exist_ok=True)
        (tmp_path / "store" / f"wheel-{version}").touch()
        (tmp_path / "images" / f"img-{version}").mkdir(parents=True)
    (tmp_path / "images" / "img-running").mkdir()
    (tmp_path / "images" / "img-gone").mkdir()
    for label in (WANTED, FORMER):
        (tmp_path / "components" / label).mkdir(parents=True)
    for number in range(7):
        (tmp_path / "snapshots").mkdir(exist_ok=True)
        (tmp_path / "snapshots" / f"U{number}.db").touch()
    (tmp_path / "keeper" / "copy").mkdir(parents=True)
    (tmp_path / "keeper" / "former").mkdir()
    (tmp_path / "keeper" / "current").symlink_to("copy")
    prune = pruning(database, tmp_path, lambda: ["img-running"], [release("1", "img-1")])
    for _ in range(2):
        asyncio.run(prune(HOP))
    assert names(tmp_path / "slots") == {"2", "3"}
    assert names(tmp_path / "store") == {"wheel-1", "wheel-2", "wheel-3"}
    assert names(tmp_path / "images") == {"img-2", "img-3", "img-running"}
    assert names(tmp_path / "components") == {WANTED}
    assert len(names(tmp_path / "snapshots")) == 5
    assert names(tmp_path / "keeper") == {"copy", "current"}
