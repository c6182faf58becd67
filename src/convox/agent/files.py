"""Small files that are whole or not there."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any


def write_json(path: Path, value: Any) -> None:
    """Put a value at ``path`` for the agent's user alone; a failed write leaves what there was."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(json.dumps(value))
        draft.chmod(0o600)
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def make_private(path: Path, uid: int, gid: int) -> None:
    """Make a directory that only this user can use."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    os.chown(path, uid, gid)
