"""What a feed says, as its publisher reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tuf.api.metadata import Targets

from convox.feed.contents import read_content
from convox.feed.document import parse_release
from convox.feed.index import Entry, Index
from convox.feed.layout import INDEX
from convox.feed.pages import joined, parse_head, parse_page
from convox.feed.release import Content, RackRelease
from convox.feed.signing import read_state, read_targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """All that a feed says."""

    index: Index = field(default_factory=Index)
    releases: Mapping[str, RackRelease] = field(default_factory=dict)

    def with_release(self, release: RackRelease, entry: Entry) -> "Published":
        """Return the same and a release."""
        releases = {**self.releases, release.version: release}
        return replace(self, index=self.index.put(entry), releases=releases)

    def with_entry(self, entry: Entry) -> "Published":
        """Return the same with another word about a release."""
        return replace(self, index=self.index.put(entry))


def read_feed(feed: Path) -> Published:
    """Return what the publisher's own feed says."""
    return read_published(feed, read_state(feed).targets.signed)


def read_published(feed: Path, signed: Targets) -> Published:
    """Return what these targets of the feed say, which need not be live yet."""

    def read(content: Content, what: str) -> bytes:
        return read_content(str(feed), content, what)

    head = parse_head(read_targets(feed, signed)[INDEX])
    index = joined(
        parse_page(page, read(page.content, f"the page of the index from {page.first} on"))
        for page in head.pages
    )
    releases = {
        entry.version: parse_release(read(entry.document, f"the document of {entry.version}"))
        for entry in index.entries
    }
    return Published(index=index, releases=releases)
