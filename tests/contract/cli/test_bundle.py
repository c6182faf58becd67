"""``convox rack update --bundle`` against the rack's real API."""

import asyncio
import tempfile
from pathlib import Path

from tests.contract.api.rack import NEXT, VERSION, ApiRack
from tests.contract.api.rack import run as with_rack
from tests.contract.api.raw import PASSWORD
from tests.contract.cli.test_against_api import port_of

from convox.cli.machine import Machine
from convox.cli.main import run
from convox.feed.bundling import make_bundle
from convox.feed.index import STABLE


def type_in(port: int, folder: Path, line: str) -> tuple[int, str]:
    url = f"http://convox:{PASSWORD}@127.0.0.1:{port}"
    environment = {"RACK_URL": url, "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    with tempfile.TemporaryFile() as empty, tempfile.TemporaryFile() as out:
        status = run(line.split(), Machine(environment, str(folder), empty, out, out))
        out.seek(0)
        return status, out.read().decode()


def test_a_rack_without_a_network_is_updated_from_a_file():
    async def scenario(made: ApiRack) -> None:
        await make_bundle(made.feed.feed, VERSION, NEXT, made.home / "up", channel=STABLE)
        made.feed.feed.rename(made.home / "feed far away")
        async with port_of(made.home / "api.sock") as port:
            for line, status, expected in (
                ("rack update --bundle nowhere", 1, "nowhere: there is no such file"),
                ("rack update --bundle .", 1, ": Is a directory; name a file that"),
                ("rack update --bundle up --plan", 0, f"{VERSION} to {NEXT}"),
                ("rack update --bundle up", 0, f"OK, it leads to {NEXT}, and is good until 20"),
            ):
                ended, printed = await asyncio.to_thread(type_in, port, made.home, line)
                assert ended == status, printed
                assert expected in printed
            assert printed.endswith(f"Updating to {NEXT}... UPDATING\n")

    with_rack(scenario)
