"""Convox's own list of rack versions, ``versions.json``: nobody signs it.

It is read to be shown, and never to update by. Its order is that of the file, as Convox takes it.
"""

from dataclasses import dataclass, replace
from http.client import HTTPException

import msgspec

from convox.errors import FeedUnreachable, FeedUntrusted, InvalidInput, NotFound, Refused
from convox.feed.document import UNREADABLE
from convox.host.download import download, is_web

_LARGEST = 4 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyRelease:
    """What the list says of a version."""

    version: str
    description: str = ""
    published: bool = False
    required: bool = False


def read_list(address: str) -> tuple[LegacyRelease, ...]:
    """Read the list from the web; what it says may be anybody's words."""
    if not is_web(address):
        raise InvalidInput(f"cannot read list {address!r}: it must be an address for HTTP")
    try:
        with download(address, most=_LARGEST).stream as stream:
            content = stream.read(_LARGEST + 1)
    except (OSError, HTTPException) as error:
        raise FeedUnreachable(
            f"cannot read list {address}: {error}; check the address and the network"
        ) from error
    return parse_list(content)


def parse_list(content: bytes) -> tuple[LegacyRelease, ...]:
    """Read the list's form; ``FeedUntrusted`` says what is wrong with it."""
    try:
        releases = msgspec.json.decode(content, type=tuple[LegacyRelease, ...])
    except UNREADABLE as error:
        raise FeedUntrusted(
            f"cannot read the list of versions: {error}; give the address of a versions.json"
        ) from error
    return tuple(map(_shown, releases))


def hops(
    releases: tuple[LegacyRelease, ...], running: str, target: str | None
) -> tuple[LegacyRelease, ...]:
    """Return each required release after the running one, and the target, or else the newest.

    Where the list does not know the running release, that lies where its version would.
    """
    ahead = [each for each in _after(releases, running) if each.published]
    if target is not None:
        position = next((n for n, each in enumerate(ahead) if each.version == target), None)
        if position is None:
            raise NotFound(f"cannot plan to {target}: the list has no such release after {running}")
        ahead = ahead[: position + 1]
    if not ahead:
        raise Refused(f"cannot plan: the list has nothing newer than {running}")
    return (*(each for each in ahead[:-1] if each.required), ahead[-1])


def _shown(release: LegacyRelease) -> LegacyRelease:
    """Return it without signs that a terminal would obey."""
    version, description = _plain(release.version), _plain(release.description)
    return replace(release, version=version, description=description)


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _after(releases: tuple[LegacyRelease, ...], running: str) -> tuple[LegacyRelease, ...]:
    position = next((n for n, each in enumerate(releases) if each.version == running), None)
    if position is None:
        return tuple(each for each in releases if each.version > running)
    return releases[position + 1 :]
