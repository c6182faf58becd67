"""A bundle: one file with as much of a feed as leads from one release to another.

It is a tar archive in exactly one form, which any tar can unpack: plain files with nothing but
names and sizes, first a list of them. So a reader compares what comes with what has to come, and
nothing can be in a bundle that a reader would have to refuse: no links, no ways out of the folder.
What the list says is not signed. What the files say is, as in any other copy of the feed.
"""

import contextlib
import hashlib
import io
import re
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from convox.errors import FeedUntrusted
from convox.feed.document import decode, encode, is_version
from convox.feed.layout import ARTIFACTS, DOCUMENTS, METADATA, TARGETS

LIST = "bundle.json"
"""The file that lists the others, in a bundle and in the folder that it is unpacked to."""

MOST = 8 * 1024**3 - 1
"""Bytes of the largest bundle: of a larger file, this form of tar could not say the size."""

_BLOCK = tarfile.BLOCKSIZE
_RECORD = tarfile.RECORDSIZE
_PIECE = 1024 * 1024
_LONGEST_LIST = 4 * 1024 * 1024
_NAMED_BY_CONTENT = (f"{DOCUMENTS}/", f"{ARTIFACTS}/")
_NAME = re.compile(
    rf"({METADATA}|{TARGETS})/[0-9A-Za-z][0-9A-Za-z._-]{{0,90}}|({DOCUMENTS}|{ARTIFACTS})/[0-9a-f]{{64}}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """From which release the bundle leads to which, until when its signatures are good.

    ``files`` are the sizes of what follows, by name and in the order of names.
    """

    origin: str
    target: str
    until: datetime
    files: Mapping[str, int]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(self.files.values())


def write_bundle(contents: Contents, feed: Path, out: BinaryIO) -> None:
    """Write the bundle of these files of the feed; the same ones give the same bytes."""
    listed = encode(contents)
    _write(out, LIST, len(listed), io.BytesIO(listed))
    for name, size in sorted(contents.files.items()):
        with (feed / name).open("rb") as source:
            _write(out, name, size, source)
    written = out.tell() + 2 * _BLOCK
    out.write(bytes(2 * _BLOCK + -written % _RECORD))


def read_list(stream: BinaryIO) -> Contents:
    """Read which files follow; ``FeedUntrusted`` where it is no bundle, or one too large."""
    header = _exactly(stream, _BLOCK, LIST)
    try:
        size = tarfile.TarInfo.frombuf(header, "ascii", "strict").size
    except (tarfile.TarError, UnicodeError) as error:
        raise _wrong("it is no bundle") from error
    if not 0 <= size <= _LONGEST_LIST or header != _header(LIST, size):
        raise _wrong("it is no bundle")
    contents = decode(_exactly(stream, size, LIST), Contents, "bundle")
    _padding(stream, size, LIST)
    if not (is_version(contents.origin) and is_version(contents.target)):
        raise _wrong("the releases that it names are none")
    for name, length in contents.files.items():
        if _NAME.fullmatch(name) is None or length < 0:
            raise _wrong(f"it lists {name[:120]!r}, which no feed has")
    if contents.size > MOST:
        raise _wrong(f"it is larger than {MOST:,} bytes")
    return contents


def unpack(stream: BinaryIO, contents: Contents, folder: Path) -> None:
    """Put the files that follow the list into an empty folder.

    ``FeedUntrusted`` where the bundle is cut short, damaged, or has anything but what it lists.
    """
    for name, size in sorted(contents.files.items()):
        if _exactly(stream, _BLOCK, name) != _header(name, size):
            raise _wrong(f"something else stands where {name} has to follow")
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        with file.open("xb") as out:
            found = _copy(stream, out, name, size)
        if name.startswith(_NAMED_BY_CONTENT) and found != file.name:
            raise _wrong(f"{name} is damaged, its sha256 is {found}")
        _padding(stream, size, name)
    rest = stream.read(_RECORD + 1)
    if len(rest) < 2 * _BLOCK:
        raise _wrong("it is cut short at its very end")
    if len(rest) > _RECORD or any(rest):
        raise _wrong("more follows than it lists")
    (folder / LIST).write_bytes(encode(contents))


def drop_spent(folder: Path, version: str) -> None:
    """Remove the artifacts of an unpacked bundle once a rack runs what it leads to.

    The rest is kept: without a network, it is all that the rack can plan a way back by.
    """
    with contextlib.suppress(FileNotFoundError):
        contents = decode((folder / LIST).read_bytes(), Contents, "bundle")
        if contents.target <= version:
            shutil.rmtree(folder / ARTIFACTS)


def _write(out: BinaryIO, name: str, size: int, source: BinaryIO) -> None:
    out.write(_header(name, size))
    _copy(source, out, name, size)
    out.write(bytes(-size % _BLOCK))


def _header(name: str, size: int) -> bytes:
    file = tarfile.TarInfo(name)
    file.size = size
    return file.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def _copy(source: BinaryIO, out: BinaryIO, name: str, size: int) -> str:
    """Copy so many bytes; return their sha256."""
    digest = hashlib.sha256()
    left = size
    while left:
        piece = _exactly(source, min(_PIECE, left), name)
        digest.update(piece)
        out.write(piece)
        left -= len(piece)
    return digest.hexdigest()


def _exactly(stream: BinaryIO, size: int, name: str) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise _wrong(f"it is cut short in {name}")
    return found


def _padding(stream: BinaryIO, size: int, name: str) -> None:
    if any(_exactly(stream, -size % _BLOCK, name)):
        raise _wrong(f"something else stands where {name} has to end")


def _wrong(problem: str) -> FeedUntrusted:
    return FeedUntrusted(f"cannot use the bundle: {problem}; copy it again, or have it made again")
