"""Files that are whole or not there."""

import contextlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_atomically(path: Path, content: bytes | str, *, mode: int = 0o644) -> None:
    """Put ``content`` at ``path`` so that a crash leaves the old file or the new one, on disk."""
    data = content.encode() if isinstance(content, str) else content
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, mode)  # noqa: PTH101 - a name, not a path, comes from mkstemp
        os.replace(name, path)  # noqa: PTH105 - the same
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def link_atomically(path: Path, target: str) -> None:
    """Make ``path`` a symbolic link to ``target``, without a moment in which there is none."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(path)
    sync_directory(path.parent)


def sync_file(path: Path) -> None:
    """Make the file's content durable."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def sync_directory(path: Path) -> None:
    """Make the directory's entries durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Any, *, mode: int = 0o644) -> None:
    """Put ``value`` at ``path`` as JSON, atomically."""
    write_atomically(path, json.dumps(value, indent=2, sort_keys=True) + "\n", mode=mode)


def read_json(path: Path) -> Any:
    """Return the JSON value in the file; ``FileNotFoundError`` where there is none."""
    return json.loads(path.read_bytes())


def link_or_copy(source: Path, target: Path) -> None:
    """Put a file that nobody will change at ``target`` too, without a copy where that can be."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def write_twice(path: Path, value: Mapping[str, Any], *, mode: int = 0o644) -> None:
    """Put ``value`` at ``path`` as JSON, and a copy beside it: nothing could make it again."""
    write_json(copy_of(path), value, mode=mode)
    write_json(path, value, mode=mode)


def read_twice(path: Path) -> Mapping[str, Any]:
    """Return what ``write_twice`` has put there, from the copy where the file is damaged.

    ``FileNotFoundError`` or ``ValueError`` where neither can be read.
    """
    try:
        return _read_object(path)
    except (FileNotFoundError, ValueError):
        with contextlib.suppress(FileNotFoundError, ValueError):
            return _read_object(copy_of(path))
        raise


def mend_twice(path: Path) -> bool:
    """Write anew whichever of the two is damaged or missing; say whether one was.

    ``FileNotFoundError`` or ``ValueError`` where both are.
    """
    value = read_twice(path)
    sound = [each for each in (path, copy_of(path)) if _is_sound(each)]
    if len(sound) < 2:
        write_twice(path, value, mode=stat.S_IMODE(sound[0].stat().st_mode))
    return len(sound) < 2


def copy_of(path: Path) -> Path:
    """Return where the copy of a file that is kept twice is."""
    return path.with_suffix(f".copy{path.suffix}")


def _is_sound(path: Path) -> bool:
    try:
        _read_object(path)
    except (FileNotFoundError, ValueError):
        return False
    return True


def _read_object(path: Path) -> Mapping[str, Any]:
    value = read_json(path)
    if not isinstance(value, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - of the file
    return value
