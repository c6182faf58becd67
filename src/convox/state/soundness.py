"""Whether the records can be read at all, and which copy of them to go back to.

Only for records in a SQLite file; what PostgreSQL keeps is its owner's to look after.
"""

import contextlib
from pathlib import Path
from urllib.parse import quote

from convox.errors import StateError

_SQLITE = "sqlite:///"
_LONGEST = 200  # characters of what SQLite says


def file_of(url: str) -> Path | None:
    """Return the file that the records are in; ``None`` where a server has them."""
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None


def damage(file: Path) -> str:
    """Return what is wrong with a file of records, empty where it is sound.

    ``OSError`` where the machine does not let it be read.
    """
    import pysqlite3.dbapi2 as sqlite

    if not file.exists() or not file.stat().st_size:
        return "it is empty" if file.exists() else "it is not there"
    try:
        address = f"file:{quote(str(file))}?mode=ro"
        with contextlib.closing(sqlite.connect(address, uri=True)) as connection:
            [said] = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if said == "ok":
                connection.execute("SELECT value FROM facts").fetchone()
    except sqlite.OperationalError as error:
        if "no such table" in str(error):
            return "it has no records of a rack"
        raise OSError(f"cannot read {file}: {error}") from error
    except sqlite.DatabaseError as error:
        return str(error)
    return "" if said == "ok" else " ".join(said.split())[:_LONGEST]


def newest_sound(snapshots: Path) -> Path | None:
    """Return the newest copy of the records that can be read."""
    copies = sorted(snapshots.glob("*.db"), key=lambda path: path.stat().st_mtime, reverse=True)
    return next((copy for copy in copies if not damage(copy)), None)


def refuse_damaged(url: str, home: Path, name: str) -> None:
    """Fail with ``StateError``, which says what to do, unless the records are sound."""
    file = file_of(url)
    found = damage(file) if file else ""
    if found:
        raise StateError(f"cannot use the rack's records {file}: {found}; {remedy(home, name)}")


def remedy(home: Path, name: str) -> str:
    """Return what a person does about records that are damaged."""
    copy = newest_sound(home / "snapshots")
    if copy is None:
        return f"no copy of them below {home / 'snapshots'} is sound, so install the rack anew"
    return (
        f"the newest sound copy of them is {copy.name}; go back to it with"
        f" `convox rack restore {name}`"
    )
