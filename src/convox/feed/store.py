"""The rack's artifacts, each under the hash of its content."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from convox.errors import FeedUntrusted
from convox.feed.release import Artifact
from convox.host.files import sync_directory, sync_file

_PARTIAL = ".partial"


class Store:
    """A directory in which every file is whole and is what its name says."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._verified: dict[str, tuple[int, int, int]] = {}
        """What a file was when it was last seen to be whole."""

    def has(self, sha256: str) -> bool:
        """Say whether the artifact is there and is whole; one that is damaged is dropped."""
        if self.is_whole(sha256):
            return True
        self.path(sha256).unlink(missing_ok=True)
        return False

    def is_whole(self, sha256: str) -> bool:
        """Say the same, and only look; a file that has not changed is read once."""
        try:
            found = self.path(sha256).stat()
        except FileNotFoundError:
            return False
        mark = (found.st_ino, found.st_size, found.st_mtime_ns)
        if self._verified.get(sha256) != mark and sha256_of(self.path(sha256)) == sha256:
            self._verified[sha256] = mark
        return self._verified.get(sha256) == mark

    def path(self, sha256: str) -> Path:
        """Return where the artifact is, or would be."""
        return self._directory / sha256

    def incoming(self, artifact: Artifact) -> Path:
        """Return where the artifact may be gathered bit by bit before it is added."""
        self._directory.mkdir(parents=True, exist_ok=True)
        return self._directory / f".{artifact.sha256}{_PARTIAL}"

    def add(self, source: Path, artifact: Artifact) -> Path:
        """Move a file of the same file system in; it is gone when it is not the artifact.

        ``FeedUntrusted`` when its size or its hash is another one.
        """
        problem = mismatch(source, artifact)
        if problem:
            source.unlink()
            raise FeedUntrusted(
                f"cannot use artifact {artifact.name}: {problem}; the feed's files are damaged or"
                " not in step with its signatures, publish the release again"
            )
        sync_file(source)
        source.chmod(0o644)
        source.rename(self.path(artifact.sha256))
        sync_directory(self._directory)
        return self.path(artifact.sha256)

    def drop(self, sha256: str) -> None:
        """Remove the artifact, where it is there, and what was gathered of it."""
        self.path(sha256).unlink(missing_ok=True)
        self.path(f".{sha256}{_PARTIAL}").unlink(missing_ok=True)

    def prune(self, keep: Iterable[str]) -> int:
        """Remove all but these artifacts, and what was gathered; return the bytes that freed."""
        kept, freed = frozenset(keep), 0
        for file in self._directory.glob("*"):
            if file.name not in kept:
                freed += file.stat().st_size
                file.unlink()
        return freed


def mismatch(file: Path, artifact: Artifact) -> str:
    """Return how the file differs from the artifact, empty where it does not."""
    size = file.stat().st_size
    if size != artifact.size:
        return f"it has {size} bytes instead of {artifact.size}"
    digest = sha256_of(file)
    return "" if digest == artifact.sha256 else f"its sha256 is {digest}, not {artifact.sha256}"


def sha256_of(file: Path) -> str:
    """Return the hash of the file's content in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
