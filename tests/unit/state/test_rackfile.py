"""The facts of an installation are kept twice."""

import os
from pathlib import Path

import pytest

from convox.errors import StateError
from convox.state import rackfile
from convox.state.rackfile import RackFile

FACTS = RackFile(name="dev", database="sqlite:////x", password="pw", feed="/f", domain="dev.test")


@pytest.mark.parametrize("name", ["rack.json", "rack.copy.json"])
@pytest.mark.parametrize("harm", [Path.unlink, lambda file: os.truncate(file, 9)])
def test_facts_are_read_and_made_whole_when_one_copy_is_damaged(name, harm, tmp_path):
    rackfile.save(tmp_path, FACTS)
    whole = (tmp_path / name).read_bytes()
    harm(tmp_path / name)
    assert rackfile.load(tmp_path) == FACTS
    rackfile.mend(tmp_path)
    assert (tmp_path / name).read_bytes() == whole
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_facts_cannot_be_read_when_both_copies_are_damaged(tmp_path):
    rackfile.save(tmp_path, FACTS)
    for name in ("rack.json", "rack.copy.json"):
        (tmp_path / name).write_text("{")
    with pytest.raises(StateError, match=r"cannot read .*rack.json"):
        rackfile.load(tmp_path)
