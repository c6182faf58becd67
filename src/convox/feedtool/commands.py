"""What each command does. Each returns its exit status."""

import asyncio
import json
import tempfile
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from convox.cli.shells import script
from convox.feed.amendments import ramped
from convox.feed.build import Recipe, build
from convox.feed.built import read_built
from convox.feed.bundling import make_bundle
from convox.feed.index import STABLE, Entry, entry_for
from convox.feed.mirror import Mirror
from convox.feed.release import RackRelease, image_archive
from convox.feed.roles import OFFLINE
from convox.feedtool.amending import check_no_span, span
from convox.feedtool.checking import examine
from convox.feedtool.passphrases import choose
from convox.feedtool.publisher import publisher
from convox.feedtool.saying import say, say_outcome
from convox.feedtool.serving import serve_folder
from convox.host.clock import SystemClock
from convox.host.files import write_atomically


def init(arguments: Namespace) -> int:
    """Make keys and an empty feed."""
    publisher(arguments).init(choose(f"the keys of {' and '.join(OFFLINE)}"))
    return say(f"Made feed {arguments.feed}; keep {arguments.keys[0]} safe and secret")


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
    return say(f"Built {release.version}: {len(release.artifacts)} artifacts, {size:,} bytes")


def publish(arguments: Namespace) -> int:
    """Put built releases into the feed."""
    built = [read_built(directory).version for directory in arguments.releases]
    put = publisher(arguments).insert if arguments.insert else publisher(arguments).publish
    lacks = put(arguments.releases, lambda release: _marks(arguments, release))
    return say_outcome(lacks, *(f"Published {version}" for version in built))


def check(arguments: Namespace) -> int:
    """Verify everything that a rack would verify, and more."""
    report = asyncio.run(examine(arguments.feed))
    if arguments.json:
        say(json.dumps(report.to_json(), indent=2))
    else:
        say(report.summary(), *(f"ERROR: {trouble}" for trouble in report.troubles))
    return 1 if report.troubles else 0


def mirror(arguments: Namespace) -> int:
    """Copy a feed."""
    root = arguments.root.read_bytes() if arguments.root else None
    copy = Mirror(arguments.source, arguments.copy, root)
    index = copy.update()
    return say(
        f"Mirrored {len(index.entries)} releases to {arguments.copy}: {copy.files} files,"
        f" {copy.bytes:,} bytes were new"
    )


def bundle(arguments: Namespace) -> int:
    """Write a bundle."""
    origin, target, out = arguments.origin, arguments.target, arguments.out
    making = make_bundle(arguments.feed, origin, target, out, channel=arguments.channel)
    made = asyncio.run(making)
    return say(
        f"Wrote {arguments.out}: {len(made.files)} files, {made.size:,} bytes",
        f"Racks take it until {made.until:%Y-%m-%d %H:%M} UTC; for longer, sign the feed for longer"
        " first (convox-feed sign --days)",
    )


def serve(arguments: Namespace) -> int:
    """Serve the feed until interrupted."""
    serve_folder(arguments.feed, arguments.port, lambda url: say(f"Serving {url}"))
    return 0


def completion(arguments: Namespace) -> int:
    """Print what a shell has to read."""
    return say(script(arguments.shell, "convox-feed").rstrip())


def _marks(arguments: Namespace, release: RackRelease) -> Entry:
    entry = entry_for(release, now=SystemClock().now())
    marked = replace(
        entry,
        published=not arguments.unpublished,
        required=arguments.required,
        supersedes=arguments.supersedes,
        security=arguments.security,
        channels=dict.fromkeys(arguments.channels or (STABLE,), entry.created),
    )
    if arguments.percent is None:
        check_no_span(arguments)
        return marked
    return ramped(marked, arguments.percent, span(arguments.over), entry.created)


def _pack_images(source: Path, out: Path) -> Mapping[str, str]:
    from convox.engine.local.images import build_image, pack

    with tempfile.TemporaryDirectory(prefix="convox-image-") as work:
        identity = build_image(source, Path(work))
        write_atomically(out / image_archive("local"), pack(Path(work) / identity))
    return {"local": identity}
