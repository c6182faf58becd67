"""Who signs for a feed: each change of a root, as a new one. Pure.

A root names the keys of each of TUF's four roles, and how many of them must sign. ``root`` and
``targets`` decide what the feed is, and their keys lie offline; ``snapshot`` and ``timestamp`` say
that it is current, and theirs lie where a timer can use them.
"""

import copy
from collections.abc import Iterable, Mapping
from datetime import datetime

from securesystemslib.signer import Key
from tuf.api.metadata import Root, Snapshot, Targets, Timestamp

from convox.errors import InvalidInput, NotFound, Refused, Taken
from convox.feed.keys import name_of

ROLES = (Root.type, Targets.type, Snapshot.type, Timestamp.type)

OFFLINE = (Root.type, Targets.type)
"""The roles whose keys sign only when a person is there."""

FOLLOWED = 1024
"""So many new roots a rack follows from the one that it was installed with."""

_SHOWN = 8  # digits of a key's id


def first_root(keys: Mapping[str, Key], expires: datetime) -> Root:
    """Return the root of a feed that begins, with a key for each role."""
    root = Root(version=1, expires=expires)
    for role, key in keys.items():
        root.add_key(key, role)
    return root


def renewed(root: Root, expires: datetime) -> Root:
    """Return the root that comes after this one and says the same."""
    if root.version > FOLLOWED:
        raise Refused(
            f"cannot make another root: racks follow {FOLLOWED} from the first one, and that is the"
            " last; begin a new feed"
        )
    after = copy.deepcopy(root)
    after.version, after.expires = root.version + 1, expires
    return after


def with_signer(root: Root, role: str, key: Key) -> Root:
    """Return the root with one more key for a role."""
    changed = copy.deepcopy(root)
    if key.keyid in changed.roles[role].keyids:
        raise Taken(f"cannot add {label(key)} to {role}: it signs for it already")
    changed.add_key(key, role)
    return changed


def without_signer(root: Root, role: str, named: str) -> Root:
    """Return the root without one of the keys of a role."""
    changed = copy.deepcopy(root)
    key = find_signer(changed, role, named)
    left = len(changed.roles[role].keyids) - 1
    if left < changed.roles[role].threshold:
        raise Refused(
            f"cannot remove {label(key)} from {role}: {changed.roles[role].threshold} must sign and"
            f" {left} would be left; add another signer or lower the threshold first"
        )
    changed.revoke_key(key.keyid, role)
    return changed


def with_threshold(root: Root, role: str, number: int) -> Root:
    """Return the root in which so many keys must sign for a role."""
    changed = copy.deepcopy(root)
    signers = len(changed.roles[role].keyids)
    if not 1 <= number <= signers:
        raise Refused(
            f"cannot let {number} sign for {role}: it has {signers} signers; name a number from 1"
            f" to {signers}, or add signers first"
        )
    changed.roles[role].threshold = number
    return changed


def with_replaced(root: Root, new: Mapping[str, Key], roles: Iterable[str]) -> Root:
    """Return the root with other keys in the place of these ids, in each of the roles."""
    changed = copy.deepcopy(root)
    for role in roles:
        for old in [each for each in changed.roles[role].keyids if each in new]:
            changed.revoke_key(old, role)
            changed.add_key(new[old], role)
    return changed


def find_signer(root: Root, role: str, named: str) -> Key:
    """Return the key of a role that has this name, or an id that begins so."""
    keys = [root.keys[identity] for identity in root.roles[role].keyids]
    found = [key for key in keys if name_of(key) == named] or [
        key for key in keys if key.keyid.startswith(named)
    ]
    signers = ", ".join(map(label, keys))
    if not found:
        raise NotFound(f"cannot find signer {named} of {role}: its signers are {signers}")
    if len(found) > 1:
        raise InvalidInput(f"cannot tell which signer of {role} is {named}: its are {signers}")
    return found[0]


def label(key: Key) -> str:
    """Return a key for people: its name, and the start of its id."""
    return " ".join(filter(None, (name_of(key), key.keyid[:_SHOWN])))
