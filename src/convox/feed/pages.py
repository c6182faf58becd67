"""The stored form of the index: a head, which names pages of entries by their content. Pure.

So the head is all that has to be signed. A rack reads it and the pages from its own release on, of
which all but the newest are those that it has.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from convox.errors import FeedUntrusted
from convox.feed.document import decode, encode, is_version
from convox.feed.index import Entry, Index
from convox.feed.ramp import Ramp
from convox.feed.release import Content

_FORMAT = 2  # the first one had all entries in one file
_ENTRIES = 32  # in a page
_LARGEST = 1024 * 1024  # of a page, unpacked
_LAST_YEAR = 5000
_GZIP = 31  # what zlib calls the form of gzip


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of the index; ``first`` is the oldest version in it."""

    first: str
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The pages of an index, the oldest first."""

    pages: tuple[Page, ...]

    def since(self, version: str) -> tuple[Page, ...]:
        """Return the pages that list a version and all newer ones."""
        older = [page for page in self.pages if page.first <= version]
        return self.pages[max(len(older) - 1, 0) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entries:
    entries: tuple[Entry, ...]


def paginate(index: Index) -> Mapping[Page, bytes]:
    """Return the pages of the index, in order, each with what is in it."""
    pages = {}
    for start in range(0, len(index.entries), _ENTRIES):
        entries = index.entries[start : start + _ENTRIES]
        stored = gzip.compress(encode(_Entries(entries=entries), _FORMAT), mtime=0)
        pages[Page(first=entries[0].version, content=Content.of(stored))] = stored
    return pages


def serialise_head(pages: Iterable[Page]) -> bytes:
    """Return the head of an index with these pages."""
    return encode(Head(pages=tuple(pages)), _FORMAT)


def parse_head(stored: bytes) -> Head:
    """Read the head; ``FeedUntrusted`` says what is wrong."""
    head = decode(stored, Head, "index of the feed", _FORMAT)
    firsts = [page.first for page in head.pages]
    if not _is_ascending(firsts) or not all(map(is_version, firsts)):
        raise FeedUntrusted("cannot read index of the feed: its pages are not in order")
    return head


def parse_page(page: Page, stored: bytes) -> tuple[Entry, ...]:
    """Read the entries of a page; ``FeedUntrusted`` says what is wrong."""
    where = f"page of the index from {page.first} on"
    entries = decode(_unpacked(stored, where), _Entries, where, _FORMAT).entries
    if not entries or entries[0].version != page.first:
        raise FeedUntrusted(f"cannot read {where}: it begins with another release")
    for entry in entries:
        problem = _problem(entry)
        if problem:
            raise FeedUntrusted(f"cannot read {where}: {problem}")
    return entries


def joined(pages: Iterable[tuple[Entry, ...]]) -> Index:
    """Return the index of these pages; ``FeedUntrusted`` where they do not fit together."""
    entries = tuple(entry for page in pages for entry in page)
    if not _is_ascending([entry.version for entry in entries]):
        raise FeedUntrusted("cannot read index of the feed: its versions are not in order")
    return Index(entries=entries)


def _unpacked(stored: bytes, where: str) -> bytes:
    unpacking = zlib.decompressobj(_GZIP)
    try:
        content = unpacking.decompress(stored, _LARGEST)
    except zlib.error as error:
        raise FeedUntrusted(f"cannot read {where}: {error}") from error
    if not unpacking.eof:
        raise FeedUntrusted(f"cannot read {where}: it is cut short, or larger than {_LARGEST}")
    return content


def _problem(entry: Entry) -> str:
    """Return what is wrong with an entry, empty where nothing is."""
    if not is_version(entry.version):
        return f"version {entry.version!r} is not 14 digits"
    if entry.supersedes is not None and not entry.supersedes < entry.version:
        return f"{entry.version} supersedes a newer release"
    if not all(map(_is_time, _times(entry))):
        return f"a time of {entry.version} has no zone, or lies beyond all calendars"
    if entry.ramp is not None and not _is_ramp(entry.ramp):
        return f"the ramp of {entry.version} is not from 0 to 100, or ends before it begins"
    return ""


def _times(entry: Entry) -> Iterator[datetime]:
    yield from (entry.created, *entry.channels.values())
    if entry.ramp is not None:
        yield from filter(None, (entry.ramp.since, entry.ramp.until))


def _is_time(time: datetime) -> bool:
    """Say whether a rack can compare it, and add its longest cool-down to it."""
    return time.tzinfo is not None and time.year < _LAST_YEAR


def _is_ramp(ramp: Ramp) -> bool:
    return 0 <= ramp.percent <= 100 and (ramp.until is None or ramp.since < ramp.until)


def _is_ascending(versions: list[str]) -> bool:
    return all(older < newer for older, newer in pairwise(versions))
