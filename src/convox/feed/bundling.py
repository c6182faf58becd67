"""Make a bundle out of a feed's folder, after the same checks that a rack makes."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from convox.errors import InvalidInput, NotFound, Refused
from convox.feed.bundle import Contents, write_bundle
from convox.feed.fetch import FeedClient, first_root
from convox.feed.index import Entry, Index, offered
from convox.feed.layout import ARTIFACTS, DOCUMENTS, METADATA, TARGETS
from convox.feed.pages import parse_head
from convox.feed.paths import Path as Way
from convox.feed.paths import way
from convox.feed.signing import TIMESTAMP_FILE, State, named, read_state, read_targets
from convox.feed.stops import stops
from convox.feed.store import Store
from convox.host.incoming import incoming


async def make_bundle(feed: Path, origin: str, target: str, out: Path, *, channel: str) -> Contents:
    """Write all that a rack that runs ``origin`` lacks to get to ``target``, and its signatures.

    ``Refused`` where no way leads there, a ``FeedError`` where no rack would trust the feed now.
    """
    with tempfile.TemporaryDirectory(prefix="convox-bundle-") as work:
        (Path(work) / "root.json").write_bytes(await first_root(str(feed)))
        client = FeedClient(str(feed), Path(work), Store(Path(work) / "store"))
        path = find_path(await client.refresh(), origin, target, channel)
        names = [entry.document.sha256 for entry in path]
        releases = await client.releases(entry.version for entry in path)
    there = {part.sha256 for part in releases[origin].artifacts}
    wanted = {part.sha256 for release in releases.values() for part in release.artifacts} - there
    state = read_state(feed)
    files = [
        *_signed(feed, state),
        *(f"{DOCUMENTS}/{name}" for name in sorted({*_pages(feed, state), *names})),
        *(f"{ARTIFACTS}/{name}" for name in sorted(wanted)),
    ]
    contents = Contents(
        origin=origin,
        target=target,
        until=_until(state),
        files={name: (feed / name).stat().st_size for name in files},
    )
    with incoming(out) as stream:
        write_bundle(contents, feed, stream)
    out.chmod(0o644)  # it is signed and no secret, and made to be passed on
    return contents


def find_path(index: Index, origin: str, target: str, channel: str) -> Way:
    """Return the release that runs and all to hop to, one after the other."""
    begin, end = _entry(index, origin), _entry(index, target)
    if not origin < target:
        raise InvalidInput(
            f"cannot bundle: {target} is not newer than {origin}; give the one that the rack runs"
            " as --from"
        )
    if end not in offered(index, channel):
        raise Refused(
            f"cannot bundle: the feed does not offer {target} in channel {channel}; `convox-feed"
            " list` says what it offers where"
        )
    found = stops(index, channel=channel, running=begin)
    path = way(begin, end, offered(index, channel), found)
    if path is None:
        raise Refused(
            f"cannot bundle: no way leads from {origin} to {target}; `convox-feed graph` draws"
            " those that there are"
        )
    return (begin, *path)


def _until(state: State) -> datetime:
    signed = (
        state.root.signed,
        state.targets.signed,
        state.snapshot.signed,
        state.timestamp.signed,
    )
    return min(part.expires for part in signed)


def _entry(index: Index, version: str) -> Entry:
    entry = index.find(version)
    if entry is None:
        raise NotFound(
            f"cannot bundle: the feed has no release {version}; `convox-feed list` names those that"
            " it has"
        )
    return entry


def _signed(feed: Path, state: State) -> Iterator[str]:
    """Return the names of all roots, of what is current, and of the head of the index."""
    for number in range(1, state.root.signed.version + 1):
        yield f"{METADATA}/{number}.root.json"
    yield f"{METADATA}/{named(state.targets)}"
    yield f"{METADATA}/{named(state.snapshot)}"
    yield f"{METADATA}/{TIMESTAMP_FILE}"
    for target in state.targets.signed.targets.values():
        yield f"{TARGETS}/{target.get_prefixed_paths()[0]}"


def _pages(feed: Path, state: State) -> Iterator[str]:
    for content in read_targets(feed, state.targets.signed).values():
        yield from (page.content.sha256 for page in parse_head(content).pages)
