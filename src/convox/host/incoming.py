"""Files that arrive piece by piece, and are there only when they are whole."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from convox.host.files import sync_directory


@contextmanager
def incoming(path: Path) -> Iterator[BinaryIO]:
    """Open a stream that becomes the file at ``path``, durably, when the block ends well."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".incoming.")
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)
