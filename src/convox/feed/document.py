"""The stored form of what a feed says: canonical JSON. Pure.

``format`` is raised when a reader that does not know the new form would misread it. Members that a
reader does not know are passed over.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

import msgspec

from convox.errors import FeedUntrusted, InvalidInput
from convox.feed.release import RackRelease

_FORMAT = 1
_VERSION = re.compile(r"[0-9]{14}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PYTHON = re.compile(r"[0-9]+\.[0-9]+")

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What anybody's bytes may fail with when they are read as JSON."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envelope:
    format: int


def is_version(text: str) -> bool:
    """Say whether the text has the form of a rack release's version."""
    return _VERSION.fullmatch(text) is not None


def check_version(text: str) -> str:
    """Return the version; ``InvalidInput`` where it has not the form of one."""
    if not is_version(text):
        raise InvalidInput(
            f"cannot read version {text!r}: it must be 14 digits, the time of the release in UTC"
            " as YYYYMMDDhhmmss"
        )
    return text


def parse_release(content: bytes) -> RackRelease:
    """Read a release's document; ``FeedUntrusted`` names the member that is wrong."""
    release = decode(content, RackRelease, "release document")
    for where, is_right in _rules(release):
        if not is_right:
            raise FeedUntrusted(f"cannot read release document: {where}")
    return release


def serialise_release(release: RackRelease) -> bytes:
    """Return the release's document; equal releases have equal documents."""
    return encode(release)


def encode(value: object, form: int = _FORMAT) -> bytes:
    """Return canonical JSON: members sorted, no spaces, with the number of the form."""
    members = msgspec.to_builtins(value, order="deterministic")
    return msgspec.json.encode({**members, "format": form}, order="sorted")


def decode(content: bytes, kind: type[T], what: str, known: int = _FORMAT) -> T:
    """Read what ``encode`` wrote; ``FeedUntrusted`` names what is wrong and where."""
    try:
        number = msgspec.json.decode(content, type=_Envelope).format
        if number > known:
            raise FeedUntrusted(
                f"cannot read {what}: it has form {number}, and this release knows up to {known};"
                " update through an older release of the feed first"
            )
        return msgspec.json.decode(content, type=kind)
    except UNREADABLE as error:
        raise FeedUntrusted(f"cannot read {what}: {error}") from error


def _rules(release: RackRelease) -> list[tuple[str, bool]]:
    rules = [
        (f"$.version {release.version!r} is not 14 digits", is_version(release.version)),
        (
            f"$.needs.python {release.needs.python!r} is not of the form 3.11",
            _PYTHON.fullmatch(release.needs.python) is not None,
        ),
        ("$.surfaces is empty", bool(release.surfaces)),
    ]
    for name, surface in release.surfaces.items():
        rules.append((f"$.surfaces.{name}.reads is empty", bool(surface.reads)))
        rules.append((f"$.surfaces.{name}.writes is empty", bool(surface.writes)))
        own = f"$.surfaces.{name}: the release could not read anything that it writes itself"
        rules.append((own, bool(surface.writes & surface.reads)))
    names = [artifact.name for artifact in release.artifacts]
    rules.append(("$.artifacts has a name twice", len(names) == len(set(names))))
    for artifact in release.artifacts:
        where = f"$.artifacts, {artifact.name!r}:"
        is_plain = artifact.name not in {"", ".", ".."} and (
            PurePosixPath(artifact.name).name == artifact.name
        )
        rules.append((f"{where} the name is not plain", is_plain and "\0" not in artifact.name))
        rules.append((f"{where} the size is negative", artifact.size >= 0))
        is_digest = _SHA256.fullmatch(artifact.sha256) is not None
        rules.append((f"{where} sha256 is not 64 hexadecimal digits", is_digest))
    return rules
