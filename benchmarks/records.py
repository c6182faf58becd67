"""The rack's own records, read where they lie: looking at them disturbs nothing."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any


def rows(home: Path, query: str, *values: str) -> Sequence[Mapping[str, Any]]:
    """Return what the query finds in the state of the rack with this home."""
    address = f"file:{home}/state/rack.db?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query, values)]


def seconds(row: Mapping[str, Any], began: str, ended: str) -> float:
    """Return the seconds between two columns of a row."""
    return between(row[began], row[ended])


def between(began: str, ended: str) -> float:
    """Return the seconds between two times as they are recorded."""
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
