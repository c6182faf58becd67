"""Signatures, from the side of who relies on them.

TUF decides what is trusted: who signs (root, rotated by its own signatures), what is current
(timestamp, snapshot) and what it says (targets). Nothing older than what was seen before is
accepted, nothing that has expired, nothing that fits to another state of the feed. The signed
target is the head of the index; pages, documents and artifacts are named by their hash in it or in
what it names, and need no signature of their own.

Slow to import because of TUF; ``fetch`` imports it when it is needed.
"""

import hashlib
import json
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from tuf.api import exceptions
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from convox.errors import FeedError, FeedStale, FeedUnreachable, FeedUntrusted, NotFound
from convox.feed.layout import METADATA, TARGETS
from convox.host.download import download
from convox.host.files import write_atomically

_CHUNK = 64 * 1024

_MEANING: dict[type[Exception], str] = {
    exceptions.ExpiredMetadataError: (
        "it is stale: {}; its publisher has to sign it again (convox-feed sign)"
    ),
    exceptions.BadVersionNumberError: (
        "it is not as new as what this rack has seen of it, or its parts do not belong together:"
        " {}; use a copy of the feed that is up to date"
    ),
    exceptions.UnsignedMetadataError: (
        "it is not signed by who this rack trusts: {}; check that it is the feed the rack was"
        " installed from"
    ),
    exceptions.LengthOrHashMismatchError: (
        "a file is not the one that was signed: {}; copy or publish the feed again"
    ),
    exceptions.DownloadLengthMismatchError: (
        "a file is longer than was signed: {}; copy or publish the feed again"
    ),
}


class Trust:
    """The verified state of a feed at one moment. ``directory`` remembers what was seen."""

    def __init__(self, url: str, directory: Path, root: bytes) -> None:
        """Read the feed; ``root`` is the metadata that trust begins with."""
        self._url = url
        metadata = directory / METADATA
        metadata.mkdir(parents=True, exist_ok=True)
        try:
            self._updater = Updater(
                str(metadata),
                f"{url}/{METADATA}",
                target_base_url=f"{url}/{TARGETS}",
                fetcher=_Fetcher(),
                bootstrap=root,
            )
            self._updater.refresh()
        except (exceptions.RepositoryError, exceptions.DownloadError) as error:
            raise explain(url, error) from error

    def bring(self, target: str, file: Path) -> bytes:
        """Return what the target says, from ``file`` where that has it, else put it there."""
        try:
            info = self._updater.get_targetinfo(target)
            if info is None:
                raise NotFound(f"cannot read {target} of feed {self._url}: the feed has none")
            if self._updater.find_cached_target(info, str(file)) is None:
                file.parent.mkdir(parents=True, exist_ok=True)
                draft = file.with_name(f".{file.name}.draft")
                self._updater.download_target(info, str(draft))
                write_atomically(file, draft.read_bytes())
                draft.unlink()
        except (exceptions.RepositoryError, exceptions.DownloadError) as error:
            raise explain(self._url, error) from error
        return file.read_bytes()


def fingerprint(root: bytes) -> str:
    """Return the hash of a root's keys and of how many must sign, for a person to compare."""
    try:
        signed = json.loads(root)["signed"]
        trusted = {
            "keys": sorted(signed["keys"]),
            "threshold": signed["roles"]["root"]["threshold"],
        }
    except (ValueError, KeyError, TypeError) as error:
        raise FeedUntrusted("cannot read root of the feed: it is not TUF metadata") from error
    return hashlib.sha256(json.dumps(trusted).encode()).hexdigest()


def explain(url: str, error: Exception) -> FeedError:
    """Return what an error of TUF means to whoever reads the feed."""
    for kind, meaning in _MEANING.items():
        if isinstance(error, kind):
            is_stale = kind is exceptions.ExpiredMetadataError
            found = FeedStale if is_stale else FeedUntrusted
            return found(f"cannot trust feed {url}: {meaning.format(error)}")
    if isinstance(error, exceptions.RepositoryError):
        return FeedUntrusted(
            f"cannot trust feed {url}: a file is not whole: {error}; copy or publish the feed again"
        )
    reason = error.__cause__ or error
    return FeedUnreachable(
        f"cannot reach feed {url}: {reason}; check the address and the network, the rack goes on as"
        " it is"
    )


class _Fetcher(FetcherInterface):
    """Reads over HTTP and from folders alike."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            found = download(url)
        except FileNotFoundError as error:
            raise exceptions.DownloadHTTPError(f"there is no {url}", 404) from error
        return _chunks(found.stream)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        try:
            while chunk := stream.read(_CHUNK):
                yield chunk
        except (OSError, HTTPException) as error:
            raise exceptions.DownloadError(f"the answer broke off: {error}") from error
