"""Passphrases of keys: from the environment, or asked for where somebody can answer."""

import os
import sys
from getpass import getpass
from pathlib import Path

from convox.errors import InvalidInput, Refused

VARIABLE = "CONVOX_FEED_PASSPHRASE"
"""Has the passphrase of all keys; empty, new keys are locked with none and nobody is asked."""


def unlock(file: Path) -> bytes:
    """Return the passphrase of a key file that is locked."""
    given = os.environ.get(VARIABLE)
    if not given and not sys.stdin.isatty():
        raise Refused(
            f"cannot sign the feed: {file} is locked with a passphrase; put that into {VARIABLE},"
            " or sign at a terminal"
        )
    return (given or getpass(f"Passphrase of {file}: ")).encode()


def choose(whose: str) -> bytes | None:
    """Return the passphrase to lock new keys with, ``None`` for none."""
    given = os.environ.get(VARIABLE)
    if given is None and sys.stdin.isatty():
        given = getpass(f"Passphrase to lock {whose} with (empty for none): ")
        if given and getpass("The same again: ") != given:
            raise InvalidInput("cannot create keys: the two passphrases differ; type it again")
    return given.encode() if given else None
