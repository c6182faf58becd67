"""What each command about who signs a feed does. Each returns its exit status."""

import json
from argparse import Namespace
from dataclasses import replace

from convox.errors import InvalidInput
from convox.feed.change import drop_pending, read_pending
from convox.feed.keys import create_keys, read_public
from convox.feed.roles import ROLES, find_signer, label, with_signer, with_threshold, without_signer
from convox.feed.signing import Lifetimes, read_state
from convox.feedtool.passphrases import choose
from convox.feedtool.publisher import publisher
from convox.feedtool.saying import say, say_outcome
from convox.feedtool.signers import describe, lines, waits
from convox.host.locks import locked

_LONGEST = 365  # days


def sign(arguments: Namespace) -> int:
    """Sign the feed anew."""
    if not 1 <= arguments.days <= _LONGEST:
        raise InvalidInput(
            f"cannot sign feed {arguments.feed} for {arguments.days} days: give 1 to {_LONGEST}; a"
            " rack can be kept from what is newer for as long"
        )
    lifetimes = Lifetimes(timestamp=arguments.days)
    due = replace(publisher(arguments), lifetimes=lifetimes).sign()
    say(f"Signed feed {arguments.feed}")
    if due:
        say(f"What {' and '.join(due)} signed is half over: sign with those keys too, in time")
    return 0


def cosign(arguments: Namespace) -> int:
    """Show the change that waits, sign it, or drop it."""
    change = read_pending(arguments.feed)
    if change is None:
        return say(f"Nothing waits for signatures in feed {arguments.feed}")
    if arguments.drop:
        with locked(arguments.feed / ".lock"):
            drop_pending(arguments.feed)
        return say(f"Dropped what waited: {change.what}")
    if not arguments.keys:
        return say(*lines(describe(arguments.feed)))
    say(*waits(describe(arguments.feed)["waiting"]))
    return say_outcome(publisher(arguments).cosign(), f"Live now: {change.what}")


def list_keys(arguments: Namespace) -> int:
    """Show who signs the feed."""
    found = describe(arguments.feed)
    if arguments.json:
        return say(json.dumps(found, indent=2))
    return say(*lines(found))


def new_keys(arguments: Namespace) -> int:
    """Make key files."""
    passphrase = choose(" and ".join(arguments.names))
    create_keys(arguments.directory, dict.fromkeys(arguments.names, passphrase))
    return say(
        *(
            f"Made {arguments.directory / name}.pem, to keep secret, and {name}.pub, to pass on"
            for name in arguments.names
        )
    )


def rotate(arguments: Namespace) -> int:
    """Let new keys sign."""
    roles = arguments.roles or ROLES
    lacks = publisher(arguments).rotate(arguments.new_keys, roles)
    return say_outcome(lacks, f"{arguments.new_keys} signs from now on; keep it safe and secret")


def add_signer(arguments: Namespace) -> int:
    """Let one more key sign."""
    key = read_public(arguments.public)
    words = f"{label(key)} to {arguments.role}"
    lacks = publisher(arguments).change_root(
        f"add {words}", lambda root: with_signer(root, arguments.role, key)
    )
    return say_outcome(lacks, f"Added {words}")


def remove_signer(arguments: Namespace) -> int:
    """Let a key not sign any more."""
    root = read_state(arguments.feed).root.signed
    key = find_signer(root, arguments.role, arguments.signer)
    words = f"{label(key)} from {arguments.role}"
    lacks = publisher(arguments).change_root(
        f"remove {words}", lambda root: without_signer(root, arguments.role, key.keyid)
    )
    return say_outcome(lacks, f"Removed {words}")


def set_threshold(arguments: Namespace) -> int:
    """Say how many must sign."""
    words = f"{arguments.number} must sign for {arguments.role}"
    lacks = publisher(arguments).change_root(
        words, lambda root: with_threshold(root, arguments.role, arguments.number)
    )
    return say_outcome(lacks, f"From now on {words}")
