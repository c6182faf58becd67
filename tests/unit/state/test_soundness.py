"""Records that cannot be read: what is said, and which copy is named."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from convox.errors import StateError
from convox.state import facts, migrate, snapshot
from convox.state.database import Database
from convox.state.soundness import damage, newest_sound, refuse_damaged


def records(file: Path, version: str = "1") -> Path:
    database = Database(f"sqlite:///{file}")
    migrate.expand(database)
    with database.begin() as connection:
        for number in range(300):
            facts.put(connection, f"fact {number}", "x" * 100)
        facts.put(connection, "version", version)
    database.close()
    return file


def overwrite(file: Path, offset: int, data: bytes) -> None:
    with file.open("r+b") as stream:
        stream.seek(offset)
        stream.write(data)


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (Path.unlink, "it is not there"),
    "empty": (lambda file: os.truncate(file, 0), "it is empty"),
    "truncated": (lambda file: os.truncate(file, file.stat().st_size // 2), "malformed"),
    "another file": (lambda file: file.write_bytes(b"x" * 9000) and None, "not a database"),
    "overwritten": (
        lambda file: (
            [overwrite(file, at, b"\xff" * 2048) for at in range(8192, 65536, 4096)] and None
        ),
        "",
    ),
}


@pytest.mark.parametrize(("harm", "said"), DAMAGES.values(), ids=DAMAGES.keys())
def test_records_are_refused_with_the_way_back_when_they_are(
    harm: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    file = records(tmp_path / "rack.db")
    (tmp_path / "snapshots").mkdir()
    records(tmp_path / "snapshots" / "u1-1.db")
    assert damage(file) == ""
    harm(file)
    assert said in damage(file) != ""
    command = "convox rack restore dev"
    with pytest.raises(
        StateError, match=rf"copy of them is u1-1.db; go back to it with `{command}`"
    ):
        refuse_damaged(f"sqlite:///{file}", tmp_path, "dev")


def test_the_newest_copy_that_is_sound_is_named(tmp_path: Path) -> None:
    for number, name in enumerate(("old", "sound", "damaged")):
        os.utime(records(tmp_path / f"{name}.db"), (number, number))
    os.truncate(tmp_path / "damaged.db", 10000)
    assert newest_sound(tmp_path) == tmp_path / "sound.db"


def test_nothing_is_promised_when_no_copy_is_sound(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"no copy of them .* is sound, so install the rack anew"):
        refuse_damaged(f"sqlite:///{tmp_path / 'rack.db'}", tmp_path, "dev")


def test_a_copy_of_a_file_can_take_its_place(tmp_path: Path) -> None:
    original = Database(f"sqlite:///{records(tmp_path / 'rack.db')}")
    snapshot.take(original, tmp_path / "copy.db")
    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    forms = []
    for database in (original, copy):
        with database.look() as connection:
            query = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
            forms.append([tuple(row) for row in connection.exec_driver_sql(query)])
        database.close()
    assert forms[0] == forms[1]
    assert any(kind == "trigger" for kind, _, _ in forms[0])
