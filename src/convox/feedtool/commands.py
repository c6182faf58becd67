"""What each command does. Each returns its exit status."""

import asyncio
import json
import sys
import tempfile
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from convox.feed.build import Recipe, build
from convox.feed.index import STABLE, Entry
from convox.feed.publish import Publisher, check_order, entry_for, read_built, read_feed
from convox.feed.release import image_archive
from convox.feedtool.checking import examine
from convox.feedtool.listing import rows, table
from convox.feedtool.serving import serve_folder
from convox.host.clock import SystemClock
from convox.host.files import write_atomically


def init(arguments: Namespace) -> int:
    """Make keys and an empty feed."""
    _publisher(arguments).init()
    return _say(f"Made feed {arguments.feed}; keep {arguments.keys} safe and secret")


def build_release(arguments: Namespace) -> int:
    """Make a release out of a source tree."""
    recipe = Recipe(
        tree=arguments.tree,
        version=arguments.version,
        wheels=arguments.wheels,
        pack_images=_pack_images,
        overlays=tuple(arguments.overlay),
    )
    release = asyncio.run(build(recipe, arguments.out))
    size = sum(artifact.size for artifact in release.artifacts)
    return _say(f"Built {release.version}: {len(release.artifacts)} artifacts, {size:,} bytes")


def publish(arguments: Namespace) -> int:
    """Put built releases into the feed."""
    publisher = _publisher(arguments)
    if not arguments.insert:
        published = read_feed(arguments.feed)
        for directory in arguments.releases:
            check_order(published, read_built(directory))
    publisher.publish(arguments.releases, lambda version: _marks(arguments, version))
    return _say(*(f"Published {read_built(each).version}" for each in arguments.releases))


def list_releases(arguments: Namespace) -> int:
    """Show the releases of the feed."""
    found = rows(read_feed(arguments.feed))
    if arguments.json:
        return _say(json.dumps(found, indent=2))
    return _say(table(found))


def check(arguments: Namespace) -> int:
    """Verify everything that a rack would verify, and more."""
    report = asyncio.run(examine(arguments.feed))
    if arguments.json:
        _say(json.dumps(report.to_json(), indent=2))
    else:
        _say(report.summary(), *(f"ERROR: {trouble}" for trouble in report.troubles))
    return 1 if report.troubles else 0


def withdraw(arguments: Namespace) -> int:
    """Say that a release is not to be used any more."""
    _publisher(arguments).withdraw(arguments.version, arguments.reason)
    return _say(f"Withdrew {arguments.version}")


def require(arguments: Namespace) -> int:
    """Mark a release as required."""
    _publisher(arguments).require(arguments.version)
    return _say(f"Marked {arguments.version} as required")


def sign(arguments: Namespace) -> int:
    """Sign the feed anew."""
    _publisher(arguments).sign()
    return _say(f"Signed feed {arguments.feed}")


def rotate(arguments: Namespace) -> int:
    """Let new keys sign."""
    _publisher(arguments).rotate(arguments.new_keys)
    return _say(f"Feed {arguments.feed} is signed by {arguments.new_keys} from now on")


def serve(arguments: Namespace) -> int:
    """Serve the feed until interrupted."""
    serve_folder(arguments.feed, arguments.port, lambda url: _say(f"Serving {url}"))
    return 0


def _publisher(arguments: Namespace) -> Publisher:
    return Publisher(feed=arguments.feed, keys=arguments.keys, clock=SystemClock())


def _marks(arguments: Namespace, version: str) -> Entry:
    entry = entry_for(version, now=SystemClock().now())
    return replace(
        entry,
        published=not arguments.unpublished,
        required=arguments.required,
        supersedes=arguments.supersedes,
        channels=dict.fromkeys(arguments.channels or (STABLE,), entry.created),
    )


def _pack_images(source: Path, out: Path) -> Mapping[str, str]:
    from convox.engine.local.images import build_image, pack

    with tempfile.TemporaryDirectory(prefix="convox-image-") as work:
        identity = build_image(source, Path(work))
        write_atomically(out / image_archive("local"), pack(Path(work) / identity))
    return {"local": identity}


def _say(*lines: str) -> int:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    return 0
