"""A change of what is signed in a feed, which waits until enough have signed it.

It lies in the feed as ``pending.json``, where no reader looks; each signer adds what their keys
can.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, T, Targets

from convox.errors import FeedUntrusted, Refused
from convox.feed.signing import State
from convox.host.files import read_json, write_json

FILE = "pending.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """New metadata for the roles whose keys lie offline; ``what`` is it in words."""

    what: str
    made: datetime
    root: Metadata[Root] | None = None
    targets: Metadata[Targets] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """So many more signatures of a role are wanted, and whose they may be."""

    role: str
    number: int
    signers: tuple[str, ...]

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.number} more for {self.role} (of {', '.join(self.signers)})"


def read_pending(feed: Path) -> Change | None:
    """Return the change that waits for signatures, ``None`` where none does."""
    try:
        stored = read_json(feed / FILE)
        return Change(
            what=stored["what"],
            made=datetime.fromisoformat(stored["made"]),
            root=_parse(stored["root"], Root),
            targets=_parse(stored["targets"], Targets),
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RepositoryError) as error:
        raise FeedUntrusted(
            f"cannot read {feed / FILE}: {error}; remove it, and make the change again"
        ) from error


def keep_pending(feed: Path, change: Change) -> None:
    """Write the change down with the signatures it has; no reader looks there."""
    stored = {
        "what": change.what,
        "made": change.made.isoformat(),
        "root": change.root and change.root.to_dict(),
        "targets": change.targets and change.targets.to_dict(),
    }
    write_json(feed / FILE, stored)


def drop_pending(feed: Path) -> None:
    """Forget the change that waits, as if nobody had made it."""
    (feed / FILE).unlink(missing_ok=True)


def is_live(change: Change, state: State) -> bool:
    """Say whether readers see the change already."""
    return _is(change.root, state.root) and _is(change.targets, state.targets)


def fits(change: Change, state: State) -> bool:
    """Say whether the change follows upon this state, or is a part of it already."""
    pairs = ((change.root, state.root), (change.targets, state.targets))
    return all(_is(new, old) or _follows(new, old) for new, old in pairs)


def check_fits(change: Change, state: State) -> None:
    """Refuse a change that was made of another state of the feed than this one."""
    if not fits(change, state):
        raise Refused(
            f"cannot go on with what waits ({change.what}): the feed has changed since it was made;"
            " drop it (convox-feed cosign --drop), and make it again"
        )


def _follows(new: Metadata[Any] | None, old: Metadata[Any]) -> bool:
    return new is not None and new.signed.version == old.signed.version + 1


def _is(new: Metadata[Any] | None, old: Metadata[Any]) -> bool:
    return new is None or new.signed == old.signed


def _parse(stored: dict[str, Any] | None, _form: type[T]) -> Metadata[T] | None:
    return None if stored is None else Metadata[T].from_dict(stored)
