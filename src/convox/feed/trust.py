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
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tuf.api import exceptions
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from convox.errors import FeedUntrusted, NotFound
from convox.feed.distrust import explain
from convox.feed.layout import METADATA, TARGETS
from convox.feed.roles import FOLLOWED
from convox.feed.transfer import Transfer
from convox.host.files import write_atomically

_ROOTS = "root_history"
"""The folder in which TUF keeps every root that it was led by."""

_BOUNDS = UpdaterConfig(
    max_root_rotations=FOLLOWED,
    root_max_length=512 * 1024,
    timestamp_max_length=16 * 1024,
    snapshot_max_length=64 * 1024,
    targets_max_length=1024 * 1024,
)
"""How long what nothing signed says may be, in bytes, and how often the keys may have changed."""


class Trust:
    """The verified state of a feed at one moment. ``directory`` remembers what was seen.

    It remembers at once who may sign, since that never goes back. What is current it remembers with
    ``keep``: until all that a mirror shows has proved whole, another one may have to do.
    """

    def __init__(
        self, url: str, directory: Path, root: bytes, fetcher: FetcherInterface | None = None
    ) -> None:
        """Read the feed; ``root`` is the metadata that trust begins with."""
        self._url = url
        self._metadata = directory / METADATA
        (self._metadata / _ROOTS).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="convox-feed-") as place:
            draft = Path(place)
            _copy(self._metadata, draft)
            try:
                self._updater = Updater(
                    place,
                    f"{url}/{METADATA}",
                    target_base_url=f"{url}/{TARGETS}",
                    fetcher=fetcher or Transfer(),
                    config=_BOUNDS,
                    bootstrap=root,
                )
                self._updater.refresh()
            except (exceptions.RepositoryError, exceptions.DownloadError) as error:
                raise explain(url, error) from error
            finally:
                _keep_roots(draft, self._metadata)
            self._seen = _read(draft)

    def keep(self) -> None:
        """Remember this state, so that none that is older is believed any more."""
        for name, content in self._seen.items():
            write_atomically(self._metadata / name, content)

    def bring(self, target: str, file: Path) -> bytes:
        """Return what the target says, from ``file`` where that has it, else put it there."""
        try:
            info = self._updater.get_targetinfo(target)
            if info is None:
                raise NotFound(f"cannot read {target} of feed {self._url}: the feed has none")
            if self._updater.find_cached_target(info, str(file)) is None:
                file.parent.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(prefix="convox-feed-") as place:
                    draft = self._updater.download_target(info, f"{place}/{file.name}")
                    write_atomically(file, Path(draft).read_bytes())
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


def _copy(metadata: Path, draft: Path) -> None:
    (draft / _ROOTS).mkdir()
    for file in (metadata / _ROOTS).glob("*.root.json"):
        (draft / _ROOTS / file.name).write_bytes(file.read_bytes())
    for name, content in _read(metadata).items():
        (draft / name).write_bytes(content)


def _read(metadata: Path) -> Mapping[str, bytes]:
    """Return what says what is current, the newest word first."""
    names = (f"{role}.json" for role in ("timestamp", "snapshot", "targets"))
    return {name: (metadata / name).read_bytes() for name in names if (metadata / name).exists()}


def _keep_roots(draft: Path, metadata: Path) -> None:
    for file in (draft / _ROOTS).glob("*.root.json"):
        kept = metadata / _ROOTS / file.name
        if not kept.exists() or kept.read_bytes() != file.read_bytes():
            write_atomically(kept, file.read_bytes())
