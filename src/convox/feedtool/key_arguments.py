"""What can be typed about who signs a feed."""

import argparse
from pathlib import Path

from convox.feed.roles import ROLES
from convox.feed.signing import Lifetimes
from convox.feedtool import key_commands
from convox.feedtool.grammar import Verbs, add_feed, add_json, add_keys, add_verb


def add(verbs: Verbs) -> None:
    """Add the commands."""
    _sign(verbs)
    _cosign(verbs)
    keys = verbs.add_parser("keys", help="who signs a feed, and how many of them must")
    verbs = keys.add_subparsers(metavar="COMMAND", required=True)
    for each in (_list, _new, _rotate, _add, _remove, _threshold):
        each(verbs)


def _sign(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "sign",
        help="sign anew what is current, so that racks do not find the feed stale",
        example="convox-feed sign feed --keys online   (daily, from a timer)",
    )
    verb.description = (
        "Sign anew what is current, so that racks do not find the feed stale. This needs the"
        "\nkeys of timestamp and snapshot alone: leave those of root and targets offline, and give"
        "\nthis command those two. What the others signed is renewed as well, once half of its"
        "\ntime is over and their keys are at hand; else it is said that it is due. A change that"
        "\nall others have signed goes live."
    )
    add_feed(verb)
    add_keys(verb)
    verb.add_argument(
        "--days",
        type=int,
        default=Lifetimes().timestamp,
        help="for how long it is good (default %(default)s); longer for bundles that travel far,"
        " as a rack can be kept from what is newer for as long",
    )
    verb.set_defaults(run=key_commands.sign)


def _cosign(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "cosign",
        help="show the change that waits for signatures, and add some",
        example="convox-feed cosign feed --keys /media/usb/keys",
    )
    verb.description = (
        "Show the change that waits for signatures, and add those that the keys can give. With the"
        "\nlast of them it goes live; until then no rack sees anything of it."
    )
    add_feed(verb)
    action = verb.add_mutually_exclusive_group()
    action.add_argument(
        "--keys",
        type=Path,
        action="append",
        help="a directory of private keys, or one of them; without any, the change is only shown",
    )
    action.add_argument("--drop", action="store_true", help="forget the change that waits")
    verb.set_defaults(run=key_commands.cosign)


def _list(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "list",
        help="show who signs for each role, how many must, and until when it is good",
        example="convox-feed keys list feed",
    )
    add_feed(verb)
    add_json(verb)
    verb.set_defaults(run=key_commands.list_keys)


def _new(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "new",
        help="make a private key, and its public half to pass on to who adds it to a feed",
        example="convox-feed keys new ~/keys anna   (makes anna.pem and anna.pub)",
    )
    verb.description = (
        "Make a private key, and its public half to pass on to who adds it to a feed. A passphrase"
        "\nto lock it with is asked for at a terminal, or taken from CONVOX_FEED_PASSPHRASE."
    )
    verb.add_argument("directory", type=Path, help="where to put the keys")
    verb.add_argument("names", nargs="+", metavar="NAME", help="who or what signs with it")
    verb.set_defaults(run=key_commands.new_keys)


def _rotate(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "rotate",
        help="put new keys in the place of those of --keys; racks follow by themselves",
        example="convox-feed keys rotate feed --keys keys --new-keys keys-2027",
    )
    add_feed(verb)
    add_keys(verb)
    verb.description = (
        "Put new keys in the place of those that --keys names, and sign all anew with both. Racks"
        "\nfollow by themselves, also through many rotations in one go: up to 1,024 new roots"
        "\nfrom the one that they were installed with, counting each change of who signs."
    )
    verb.add_argument(
        "--role",
        dest="roles",
        action="append",
        choices=ROLES,
        help="only those that sign for it; may be given several times (default: all)",
    )
    verb.add_argument("--new-keys", type=Path, required=True, help="directory for the new ones")
    verb.set_defaults(run=key_commands.rotate)


def _add(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "add",
        help="let one more key sign for a role",
        example="convox-feed keys add feed targets anna.pub --keys keys",
    )
    _role(verb)
    verb.add_argument("public", type=Path, metavar="FILE", help="the public key, NAME.pub")
    add_keys(verb)
    verb.set_defaults(run=key_commands.add_signer)


def _remove(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "remove",
        help="let a key not sign for a role any more",
        example="convox-feed keys remove feed targets anna --keys keys",
    )
    _role(verb)
    verb.add_argument("signer", help="its name, or how its id begins")
    add_keys(verb)
    verb.set_defaults(run=key_commands.remove_signer)


def _threshold(verbs: Verbs) -> None:
    verb = add_verb(
        verbs,
        "threshold",
        help="say how many keys must sign for a role",
        example="convox-feed keys threshold feed root 2 --keys keys --keys /media/usb/keys",
    )
    _role(verb)
    verb.add_argument("number", type=int, help="so many of its signers")
    add_keys(verb)
    verb.set_defaults(run=key_commands.set_threshold)


def _role(verb: argparse.ArgumentParser) -> None:
    add_feed(verb)
    verb.add_argument("role", choices=ROLES, help="root, targets, snapshot or timestamp")
