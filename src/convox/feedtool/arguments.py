"""What can be typed."""

import argparse
from pathlib import Path
from typing import TypeAlias

from convox.feed.index import STABLE
from convox.feedtool import commands

_WHEELS = Path.home() / ".cache" / "convox" / "wheels"
_VERSION_HELP = "14 digits: the release's time in UTC as YYYYMMDDhhmmss"


def parser() -> argparse.ArgumentParser:
    """Return the grammar of ``convox-feed``."""
    top = argparse.ArgumentParser(
        prog="convox-feed",
        description="Build releases of the rack's own software and publish them in a signed feed.",
    )
    verbs = top.add_subparsers(metavar="COMMAND", required=True)
    for add in (_init, _build, _publish, _list, _check, _withdraw, _require, _upkeep, _serve):
        add(verbs)
    return top


_Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - has no other name


def _init(verbs: _Verbs) -> None:
    verb = verbs.add_parser("init", help="make keys and an empty feed")
    _feed(verb)
    _keys(verb)
    verb.set_defaults(run=commands.init)


def _build(verbs: _Verbs) -> None:
    verb = verbs.add_parser("build", help="make a release out of a source tree")
    verb.add_argument("tree", type=Path, help="the source tree; its release.toml describes it")
    verb.add_argument("--version", required=True, help=_VERSION_HELP)
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


def _publish(verbs: _Verbs) -> None:
    verb = verbs.add_parser("publish", help="put built releases into a feed")
    _feed(verb)
    verb.add_argument("releases", type=Path, nargs="+", help="directories that build made")
    _keys(verb)
    verb.add_argument("--unpublished", action="store_true", help="put there, offered to nobody")
    verb.add_argument("--required", action="store_true", help="mark as one not to be skipped")
    verb.add_argument("--insert", action="store_true", help="may be older than the newest")
    verb.add_argument("--supersedes", metavar="VERSION", help="stands in the place of this one")
    verb.add_argument(
        "--channel", action="append", dest="channels", help=f"offer it there (default {STABLE})"
    )
    verb.set_defaults(run=commands.publish)


def _list(verbs: _Verbs) -> None:
    verb = verbs.add_parser("list", help="show a feed's releases, and which are required and why")
    _feed(verb)
    _json(verb)
    verb.set_defaults(run=commands.list_releases)


def _check(verbs: _Verbs) -> None:
    verb = verbs.add_parser(
        "check", help="verify signatures and hashes, and that every rack has a way on"
    )
    _feed(verb)
    _json(verb)
    verb.set_defaults(run=commands.check)


def _withdraw(verbs: _Verbs) -> None:
    verb = verbs.add_parser("withdraw", help="say that a release is not to be used any more")
    _feed(verb)
    verb.add_argument("version", help=_VERSION_HELP)
    verb.add_argument("--reason", required=True, help="why, as racks will show it")
    _keys(verb)
    verb.set_defaults(run=commands.withdraw)


def _require(verbs: _Verbs) -> None:
    verb = verbs.add_parser("require", help="mark a release as one that cannot be skipped")
    _feed(verb)
    verb.add_argument("version", help=_VERSION_HELP)
    _keys(verb)
    verb.set_defaults(run=commands.require)


def _upkeep(verbs: _Verbs) -> None:
    verb = verbs.add_parser("sign", help="sign anew, so that racks do not find the feed stale")
    _feed(verb)
    _keys(verb)
    verb.set_defaults(run=commands.sign)
    verb = verbs.add_parser("rotate", help="replace the keys; racks follow by themselves")
    _feed(verb)
    _keys(verb)
    verb.add_argument("--new-keys", type=Path, required=True, help="directory for the new ones")
    verb.set_defaults(run=commands.rotate)


def _serve(verbs: _Verbs) -> None:
    verb = verbs.add_parser("serve", help="serve a feed over HTTP on 127.0.0.1")
    _feed(verb)
    verb.add_argument("--port", type=int, default=0, help="0 for any that is free (default)")
    verb.set_defaults(run=commands.serve)


def _feed(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("feed", type=Path, help="the folder of the feed")


def _keys(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--keys", type=Path, required=True, help="the directory of the feed's keys")


def _json(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--json", action="store_true", help="print JSON")
