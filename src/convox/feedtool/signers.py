"""Who signs a feed, as rows."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from convox.feed.change import Change, read_pending
from convox.feed.layout import FIRST_ROOT
from convox.feed.published import read_published
from convox.feed.roles import ROLES, label
from convox.feed.signing import State, missing, read_state
from convox.feed.trust import fingerprint
from convox.feedtool.columns import columns
from convox.feedtool.differences import of_indexes, of_roots

_HEAD = ("ROLE", "MUST SIGN", "GOOD UNTIL", "SIGNERS")


def describe(feed: Path) -> Mapping[str, Any]:
    """Return the roles of the feed, and the change that waits, as JSON values."""
    state, waiting = read_state(feed), read_pending(feed)
    return {
        "root": fingerprint((feed / FIRST_ROOT).read_bytes()),
        "roles": [_role(state, role) for role in ROLES],
        "waiting": None if waiting is None else _waiting(feed, state, waiting),
    }


def lines(found: Mapping[str, Any]) -> Sequence[str]:
    """Return the same for people."""
    rows = [
        (
            row["role"],
            f"{row['threshold']} of {len(row['signers'])}",
            row["expires"][:10],
            ", ".join(row["signers"]),
        )
        for row in found["roles"]
    ]
    return [f"Root {found['root']}", columns([_HEAD, *rows]), *waits(found["waiting"])]


def waits(waiting: Mapping[str, Any] | None) -> Sequence[str]:
    """Return the change that waits for people, so that they see what they sign."""
    if waiting is None:
        return []
    return [
        f"Waiting since {waiting['since'][:16]}: {waiting['what']}",
        *(f"  {change}" for change in waiting["changes"]),
        *(f"  wants {lack}" for lack in waiting["lacking"] or ["the keys of snapshot, timestamp"]),
    ]


def _role(state: State, role: str) -> Mapping[str, Any]:
    root = state.root.signed
    signed = {
        "root": state.root.signed,
        "targets": state.targets.signed,
        "snapshot": state.snapshot.signed,
        "timestamp": state.timestamp.signed,
    }[role]
    return {
        "role": role,
        "threshold": root.roles[role].threshold,
        "signers": [label(root.keys[identity]) for identity in root.roles[role].keyids],
        "version": signed.version,
        "expires": signed.expires.isoformat(),
    }


def _changes(feed: Path, state: State, change: Change) -> Iterator[str]:
    if change.root is not None:
        yield from of_roots(state.root.signed, change.root.signed)
    if change.targets is not None:
        before = read_published(feed, state.targets.signed).index
        yield from of_indexes(before, read_published(feed, change.targets.signed).index)


def _waiting(feed: Path, state: State, change: Change) -> Mapping[str, Any]:
    before = state.root.signed
    after = before if change.root is None else change.root.signed
    wanted = [(change.root, before), (change.root, after), (change.targets, after)]
    lacking = {
        f"{number} more for {sealed.signed.type} (of {', '.join(sorted(map(label, keys)))})"
        for sealed, root in wanted
        if sealed is not None
        for number, keys in [missing(sealed, root)]
        if number > 0
    }
    return {
        "what": change.what,
        "changes": [*_changes(feed, state, change)],
        "since": change.made.isoformat(),
        "lacking": sorted(lacking),
    }
