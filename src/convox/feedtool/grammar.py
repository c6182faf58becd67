"""What the descriptions of commands are made of."""

import argparse
from pathlib import Path
from typing import TypeAlias

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - has no other name

VERSION_HELP = "14 digits: the release's time in UTC as YYYYMMDDhhmmss"


def add_verb(verbs: Verbs, name: str, *, help: str, example: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's name
    """Add a command that explains itself."""
    return verbs.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_feed(verb: argparse.ArgumentParser) -> None:
    """Let the command work on a feed."""
    verb.add_argument("feed", type=Path, help="the folder of the feed")


def add_version(verb: argparse.ArgumentParser) -> None:
    """Let the command be about a release."""
    verb.add_argument("version", help=VERSION_HELP)


def add_keys(verb: argparse.ArgumentParser) -> None:
    """Let the command sign."""
    verb.add_argument(
        "--keys",
        type=Path,
        action="append",
        required=True,
        help="a directory of private keys, or one of them; may be given several times",
    )


def add_json(verb: argparse.ArgumentParser) -> None:
    """Let the command answer programs too."""
    verb.add_argument("--json", action="store_true", help="print JSON")
