"""Unpack a source that nobody vouches for.

What is written stays below the directory: a name is relative and without ``..``, nothing is
written through a symbolic link, and a link leads to a place inside. Sizes are limited while they
are read, not as the archive states them.
"""

import errno
import gzip
import os
import shutil
import stat
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from convox.errors import HostError, InvalidInput

LARGEST = 2 * 1024**3  # bytes, unpacked
MOST = 200_000  # files and directories


def unpack(archive: Path, directory: Path, *, largest: int = LARGEST) -> None:
    """Unpack a ``tar.gz`` into an empty directory; ``InvalidInput`` where it is unfit.

    Owners are not kept, and of the modes only whether a file is executable.
    """
    try:
        with gzip.open(archive) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
            _unpack(tar, directory, largest)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise InvalidInput(f"cannot unpack the source: it is no tar.gz: {error}") from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InvalidInput("cannot unpack the source: it holds too long a name") from error
        raise HostError(f"cannot unpack the source: {error}") from error
    for parent, directories, files in os.walk(directory):
        for name in (*directories, *files):
            _check_link(Path(parent, name), directory)


def _unpack(tar: tarfile.TarFile, directory: Path, largest: int) -> None:
    left = largest
    for count, member in enumerate(tar):
        left -= member.size
        if left < 0 or count >= MOST:
            limit = f"{largest >> 20} MiB or {MOST} files"
            raise InvalidInput(f"cannot unpack the source: it is larger than {limit}")
        path = _place(member.name, directory)
        if path != directory:
            _make_parents(path, directory, member.name)
            _put(tar, member, path, directory)


def _place(name: str, directory: Path) -> Path:
    inner = PurePosixPath(name)
    if inner.is_absolute() or ".." in inner.parts or "\0" in name:
        raise _unfit(name, "lies outside of it")
    return directory / inner


def _make_parents(path: Path, directory: Path, name: str) -> None:
    """Make what is missing between the two; the directory itself is never made again."""
    for part in reversed(path.relative_to(directory).parents[:-1]):
        parent = directory / part
        if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
            raise _unfit(name, f"lies below {part}, which is no directory")
        parent.mkdir(exist_ok=True)


def _put(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path, directory: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    if member.isdir():
        path.mkdir(exist_ok=True)
    elif path.is_dir():
        raise _unfit(member.name, "is a directory and something else")
    elif member.isreg():
        content = tar.extractfile(member)
        if content is None:
            raise RuntimeError("a regular file without content")
        _write(content, path, executable=bool(member.mode & stat.S_IXUSR))
    elif member.issym():
        _link(member, path, directory)
    elif member.islnk():
        _copy(member, path, directory)
    else:
        raise _unfit(member.name, "is neither a file nor a directory nor a link")


def _write(content: IO[bytes], path: Path, *, executable: bool) -> None:
    with path.open("xb") as stream:
        shutil.copyfileobj(content, stream, 1 << 20)
    path.chmod(0o755 if executable else 0o644)


def _link(member: tarfile.TarInfo, path: Path, directory: Path) -> None:
    if not member.linkname or "\0" in member.linkname:
        raise _unfit(member.name, "is a link to nothing")
    target = os.path.normpath(path.parent / member.linkname)
    if member.linkname.startswith("/") or not Path(target).is_relative_to(directory):
        raise _leads_outside(member.name, member.linkname)
    path.symlink_to(member.linkname)


def _copy(member: tarfile.TarInfo, path: Path, directory: Path) -> None:
    """A hard link becomes a file of its own, so that no two names share a fate."""
    source = _place(member.linkname, directory)
    if source == path or source.is_symlink() or not source.is_file():
        raise _unfit(member.name, f"is a link to {member.linkname}, which is no file of it")
    if not source.resolve().is_relative_to(directory.resolve()):
        raise _leads_outside(member.name, member.linkname)
    shutil.copy(source, path, follow_symlinks=False)


def _check_link(path: Path, directory: Path) -> None:
    """A link that is followed through other links must still end inside."""
    if not path.is_symlink():
        return
    try:
        inside = path.resolve().is_relative_to(directory.resolve())
    except (OSError, RuntimeError):
        inside = False
    if not inside:
        raise _leads_outside(str(path.relative_to(directory)), str(path.readlink()))


def _leads_outside(name: str, target: str) -> InvalidInput:
    return _unfit(name, f"links to {target}, outside of it; list it in .dockerignore")


def _unfit(name: str, reason: str) -> InvalidInput:
    return InvalidInput(f"cannot unpack the source: {name[:200]} {reason}")
