"""A rack whose disk takes nothing more: it answers, says why, and goes on when there is room."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contract.api.rack import ApiRack, rack

from convox.testing.disk import SmallDisk


@pytest.fixture
def home() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="api-", dir="/tmp"))
    yield directory
    shutil.rmtree(directory)


def test_the_rack_says_why_it_cannot_record_and_loses_nothing_when_its_disk_is_full(
    home: Path, mount: Callable[..., SmallDisk]
) -> None:
    disk = mount(home, size="32m")

    async def scenario(made: ApiRack) -> None:
        await made.client.call("POST", "/apps", {"name": "before"})
        disk.fill()
        answer = await made.client.call("POST", "/apps", {"name": "meanwhile"})
        assert (answer.status, "disk is full" in answer.text) == (500, True)
        said = await made.client.get("/system")
        assert "No space left on device; apps go on" in said["outputs"]["Trouble"]
        assert [app["name"] for app in await made.client.get("/apps")] == ["before"]
        disk.free()
        await made.client.call("POST", "/apps", {"name": "after"})
        assert (await made.client.get("/system"))["outputs"] == {}
        assert [app["name"] for app in await made.client.get("/apps")] == ["after", "before"]
        said = (home / "logs" / "rack.log").read_text()
        assert said.index("No space left") < said.index(f"can write to {home} again")

    async def play() -> None:
        async with asyncio.timeout(60), rack(home) as made:
            await scenario(made)

    asyncio.run(play())
