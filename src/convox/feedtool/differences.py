"""What a change of a feed changes, found out from what is to be signed and not from its own words.

Pure.
"""

from collections.abc import Iterator
from dataclasses import fields

from tuf.api.metadata import Root

from convox.feed.index import Entry, Index
from convox.feed.roles import ROLES, label


def of_roots(before: Root, after: Root) -> Iterator[str]:
    """Say who signs that did not, who does not any more, and how many must."""
    for role in ROLES:
        was, will = before.roles[role], after.roles[role]
        for identity in sorted({*will.keyids} - {*was.keyids}):
            yield f"{role} is signed by {label(after.keys[identity])} too"
        for identity in sorted({*was.keyids} - {*will.keyids}):
            yield f"{role} is not signed by {label(before.keys[identity])} any more"
        if was.threshold != will.threshold:
            yield f"{will.threshold} must sign {role}, until now {was.threshold}"
    yield f"the root is good until {after.expires:%Y-%m-%d}"


def of_indexes(before: Index, after: Index) -> Iterator[str]:
    """Say which releases come, go and change."""
    for entry in after.entries:
        known = before.find(entry.version)
        if known is None:
            yield f"{entry.version} is new, its document is {entry.document.sha256}"
        yield from _changes(known or _plain(entry), entry)
    for entry in before.entries:
        if after.find(entry.version) is None:
            yield f"{entry.version} is gone"


def _plain(entry: Entry) -> Entry:
    """Return what would be said of it if nothing particular was."""
    return Entry(
        version=entry.version,
        created=entry.created,
        document=entry.document,
        surfaces=entry.surfaces,
    )


def _changes(before: Entry, after: Entry) -> Iterator[str]:
    for field in fields(Entry):
        was, will = getattr(before, field.name), getattr(after, field.name)
        if was != will:
            yield f"{after.version} has {field.name} {_shown(will)}, until now {_shown(was)}"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        # With their values: a channel since long ago would spare racks the cool-down.
        return ", ".join(f"{name} ({each})" for name, each in sorted(value.items())) or "none"
    if isinstance(value, tuple):
        return "; ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
