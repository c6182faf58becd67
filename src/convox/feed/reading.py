"""What a feed says at one moment, verified from its signatures down to each document."""

import contextlib
import hashlib
from pathlib import Path

from convox.errors import FeedUntrusted, NotFound
from convox.feed.contents import read_content
from convox.feed.document import parse_release
from convox.feed.index import Entry, Index
from convox.feed.layout import INDEX, kept_document
from convox.feed.pages import Page, joined, parse_head, parse_page
from convox.feed.release import Content, RackRelease
from convox.feed.transfer import Transfer
from convox.feed.trust import Trust
from convox.host.files import write_atomically
from convox.host.paced import Pace

_PAGES = "pages"


class Reading:
    """Reads no more than is asked for, and nothing again that is in ``directory``."""

    def __init__(self, url: str, directory: Path, root: bytes, pace: Pace) -> None:
        """Ask a mirror for the present state; ``root`` is the metadata that trust begins with."""
        self._trust = Trust(url, directory, root, Transfer(pace=pace))
        self._url = url
        self._directory = directory
        self._pace = pace
        self._head = parse_head(self._trust.bring(INDEX, directory / INDEX))

    def keep(self) -> None:
        """Believe nothing that is older from now on."""
        self._trust.keep()
        self._drop_old_pages()

    def index(self, since: str) -> Index:
        """Return the index, with all releases that are not older than ``since``."""
        return joined(self._entries(page, self._url) for page in self._head.since(since))

    def release(self, version: str, mirror: str) -> RackRelease:
        """Return the document of a release, from whichever mirror has it.

        ``NotFound`` where the feed has none such.
        """
        pages = self._head.since(version)[:1]
        entry = joined(self._entries(page, mirror) for page in pages).find(version)
        if entry is None:
            raise NotFound(f"cannot read release {version}: feed {self._url} has none such")
        file = self._directory / kept_document(version)
        what = f"the document of {version}"
        release = parse_release(self._bring(entry.document, file, what, mirror))
        if release.version != version or release.surfaces != entry.surfaces:
            raise FeedUntrusted(
                f"cannot trust feed {self._url}: what its index says of {version} is not what the"
                " release's document says, one of them is forged; tell its publisher"
            )
        return release

    def _entries(self, page: Page, mirror: str) -> tuple[Entry, ...]:
        file = self._directory / _PAGES / page.content.sha256
        what = f"the page of the index from {page.first} on"
        return parse_page(page, self._bring(page.content, file, what, mirror))

    def _bring(self, content: Content, file: Path, what: str, mirror: str) -> bytes:
        """Return what is in ``file``, where that is the content, else put it there."""
        with contextlib.suppress(FileNotFoundError):
            there = file.read_bytes()
            if hashlib.sha256(there).hexdigest() == content.sha256:
                return there
        found = read_content(mirror, content, what, self._pace)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, found)
        return found

    def _drop_old_pages(self) -> None:
        """Remove them, and no hidden file: it may be what another control plane is writing."""
        present = {page.content.sha256 for page in self._head.pages}
        for file in (self._directory / _PAGES).glob("[!.]*"):
            if file.name not in present:
                file.unlink(missing_ok=True)
