"""Small files of a feed that are named by what is in them."""

from http.client import HTTPException

from convox.errors import FeedUnreachable, FeedUntrusted
from convox.feed.layout import DOCUMENTS
from convox.feed.release import Content
from convox.host.download import download
from convox.host.paced import Pace


def read_content(url: str, content: Content, what: str, pace: Pace | None = None) -> bytes:
    """Read a file; ``FeedUntrusted`` where it is not what was named, and no more than that."""
    try:
        found = download(f"{url}/{DOCUMENTS}/{content.sha256}", most=content.size, pace=pace)
        with found.stream:
            data = found.stream.read(content.size + 1)
    except (OSError, HTTPException) as error:
        raise FeedUnreachable(
            f"cannot read {what} of feed {url}: {error}; check the address and the network, and"
            " that the feed was copied whole"
        ) from error
    if Content.of(data) != content:
        raise FeedUntrusted(
            f"cannot trust feed {url}: {what} is not the one that was signed, it may be forged;"
            " copy or publish the feed again"
        )
    return data
