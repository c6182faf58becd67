"""Whether a directory can be written to."""

import os
import tempfile
from pathlib import Path

_LEAST = 256 * 1024  # bytes that have to fit


def objection(directory: Path) -> str:
    """Return why nothing more can be written there, in the machine's words; empty where it can."""
    try:
        with tempfile.TemporaryFile(dir=directory) as probe:
            os.posix_fallocate(probe.fileno(), 0, _LEAST)
    except OSError as error:
        return error.strerror or str(error)
    return ""
