"""A rack whose keeper has not been started yet."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.keeper.rack import SERVES, Rack

from convox.host.files import write_json
from convox.update import keeper_program


@pytest.fixture
def rack() -> Iterator[Rack]:
    home = Path(tempfile.mkdtemp(prefix="keeper-", dir="/tmp"))
    for name in ("run", "logs", "keeper", "slots"):
        (home / name).mkdir()
    rack = Rack(home)
    rack.slot("A", SERVES)
    rack.slot("B", SERVES)
    write_json(home / "keeper" / "slots.json", {"current": "A"})
    keeper_program.install(home)
    yield rack
    rack.clean()
