"""What can be typed."""

import argparse
from pathlib import Path

from convox.cli.shells import SHELLS
from convox.feed.index import STABLE
from convox.feedtool import amending_arguments, commands, key_arguments, showing_arguments
from convox.feedtool.grammar import VERSION_HELP, Verbs, add_feed, add_json, add_keys, add_verb

_WHEELS = Path.home() / ".cache" / "convox" / "wheels"


def parser() -> argparse.ArgumentParser:
    """Return the grammar of ``convox-feed``."""
    top = argparse.ArgumentParser(
        prog="convox-feed",
        description="Build releases of the rack's own software and publish them in a signed feed.",
    )
    verbs = top.add_subparsers(metavar="COMMAND", required=True)
    for add in (_init, _build, _publish, _check, _mirror, _bundle, _serve, _completion):
        add(verbs)
    showing_arguments.add(verbs)
    amending_arguments.add(verbs)
    key_arguments.add(verbs)
    return top


def _init(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "init",
        help="make keys and an empty feed",
        example="convox-feed init feed --keys keys",
    )
    add_feed(verb)
    add_keys(verb)
    verb.set_defaults(run=commands.init)


def _build(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "build",
        help="make a release out of a source tree",
        example="convox-feed build . --version $(date -u +%Y%m%d%H%M%S) --out built",
    )
    verb.add_argument("tree", type=Path, help="the source tree; its release.toml describes it")
    verb.add_argument("--version", required=True, help=VERSION_HELP)
    verb.add_argument("--out", type=Path, required=True, help="where to put it; must not exist")
    verb.add_argument(
        "--overlay",
        type=Path,
        action="append",
        default=[],
        help="files that replace or add to the tree's; may be given several times",
    )
    verb.add_argument(
        "--wheels", type=Path, default=_WHEELS, help="cache of third-party wheels (%(default)s)"
    )
    verb.set_defaults(run=commands.build_release)


def _publish(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "publish",
        help="put built releases into a feed",
        example="convox-feed publish feed built --keys keys --channel edge",
    )
    add_feed(verb)
    verb.add_argument("releases", type=Path, nargs="+", help="directories that build made")
    add_keys(verb)
    verb.add_argument("--unpublished", action="store_true", help="put there, offered to nobody")
    verb.add_argument("--required", action="store_true", help="mark as one not to be skipped")
    verb.add_argument("--insert", action="store_true", help="may be older than the newest")
    verb.add_argument("--supersedes", metavar="VERSION", help="stands in the place of this one")
    verb.add_argument(
        "--security", action="store_true", help="it mends what can be abused: racks wait less"
    )
    verb.add_argument(
        "--percent", type=float, help="reach only so many of a hundred racks at first"
    )
    verb.add_argument("--over", metavar="TIME", help="and all of them after this time, as 24h")
    verb.add_argument(
        "--channel", action="append", dest="channels", help=f"offer it there (default {STABLE})"
    )
    verb.set_defaults(run=commands.publish)


def _check(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "check",
        help="verify signatures and hashes, and that every rack has a way on",
        example="convox-feed check feed",
    )
    add_feed(verb)
    add_json(verb)
    verb.set_defaults(run=commands.check)


def _mirror(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "mirror",
        help="copy a feed to a folder, verified, bringing only what is not there",
        example="convox-feed mirror https://feed.example.org /srv/feed",
    )
    verb.add_argument("source", help="the address or the folder of the feed")
    verb.add_argument("copy", type=Path, help="the folder of the copy")
    verb.add_argument(
        "--root",
        type=Path,
        help="for a new copy: the root to trust, as its publisher gave it out; without it, the"
        " source's own is believed",
    )
    verb.set_defaults(run=commands.mirror)


def _bundle(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "bundle",
        help="put all that leads from a release to another into one file, for racks offline",
        example="convox-feed bundle feed --from 20260101000000 --to 20260301000000 --out up.bundle",
    )
    add_feed(verb)
    verb.add_argument("--from", dest="origin", required=True, help="the release that the rack runs")
    verb.add_argument("--to", dest="target", required=True, help="the release that it is to run")
    verb.add_argument("--out", type=Path, required=True, help="the file to write")
    verb.add_argument("--channel", default=STABLE, help="the rack's channel (default %(default)s)")
    verb.set_defaults(run=commands.bundle)


def _serve(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "serve",
        help="serve a feed over HTTP on 127.0.0.1",
        example="convox-feed serve feed --port 8080",
    )
    add_feed(verb)
    verb.add_argument("--port", type=int, default=0, help="0 for any that is free (default)")
    verb.set_defaults(run=commands.serve)


def _completion(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "completion",
        help="print what makes a shell complete commands and flags",
        example='eval "$(convox-feed completion bash)"',
    )
    verb.add_argument("shell", choices=SHELLS, help="bash, zsh or fish")
    verb.set_defaults(run=commands.completion)
