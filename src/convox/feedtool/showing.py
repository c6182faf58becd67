"""What each command that shows a feed does. Each returns its exit status."""

import json
from argparse import Namespace
from collections.abc import Iterator

from convox.errors import InvalidInput, NotFound
from convox.feed.index import Entry, Index
from convox.feed.published import read_feed
from convox.feed.release import RackRelease
from convox.feedtool.drawing import draw
from convox.feedtool.listing import rows, table
from convox.feedtool.picture import picture, sketch, spread
from convox.feedtool.saying import say
from convox.host.clock import SystemClock
from convox.host.files import write_atomically


def list_releases(arguments: Namespace) -> int:
    """Show the releases of the feed."""
    found = rows(read_feed(arguments.feed), SystemClock().now())
    if arguments.json:
        return say(json.dumps(found, indent=2))
    return say(table(found))


def graph(arguments: Namespace) -> int:
    """Show where each release leads."""
    published = read_feed(arguments.feed)
    _check_channel(published.index, arguments.channel)
    nodes = picture(published, arguments.channel, SystemClock().now())
    if arguments.json:
        return say(json.dumps([node.to_json() for node in nodes], indent=2))
    if arguments.svg is None:
        return say(*sketch(nodes))
    title = f"Feed {arguments.feed.resolve().name}, channel {arguments.channel}"
    try:
        write_atomically(arguments.svg, draw(nodes, title=title))
    except OSError as error:
        raise InvalidInput(
            f"cannot write {arguments.svg}: {error.strerror}; name a file in a folder that is there"
        ) from error
    return say(f"Drew {len(nodes)} releases into {arguments.svg}")


def notes(arguments: Namespace) -> int:
    """Show what the feed says of a release."""
    published = read_feed(arguments.feed)
    entry = published.index.find(arguments.version)
    if entry is None:
        raise NotFound(f"cannot show release {arguments.version}: the feed has no such release")
    release = published.releases[entry.version]
    if arguments.json:
        (row,) = (
            row for row in rows(published, SystemClock().now()) if row["version"] == entry.version
        )
        return say(json.dumps(row, indent=2))
    return say(release.notes.strip(), "", *_facts(entry, release))


def _check_channel(index: Index, channel: str) -> None:
    """Refuse a channel that nothing was ever offered in: its picture would show no way at all."""
    known = sorted({name for entry in index.entries for name in entry.channels})
    if known and channel not in known:
        raise NotFound(
            f"cannot draw channel {channel}: the feed has none such; its channels are"
            f" {', '.join(known)}"
        )


def _facts(entry: Entry, release: RackRelease) -> Iterator[str]:
    for channel, since in sorted(entry.channels.items()):
        yield f"Offered in {channel} since {since:%Y-%m-%d %H:%M} UTC"
    if entry.withdrawn is not None:
        yield f"Withdrawn: {entry.withdrawn}"
    yield from (f"{words[0].upper()}{words[1:]}" for words in spread(entry, SystemClock().now()))
    for name, surface in sorted(release.surfaces.items()):
        reads, writes = (" and ".join(map(str, sorted(x))) for x in (surface.reads, surface.writes))
        yield f"Reads {name} {reads}, writes {writes}"
    for platform in release.platforms:
        yield f"Installs with {platform}"
    for gain in release.redeploy:
        yield f"Apps gain {gain.feature} when they are deployed again: {gain.reason}"
