"""Slots: each holds one version of the rack's software, a virtual environment of its own.

A slot is built beside its place and moved there when it is whole and on disk, so that one that is
there can be started; uv makes environments that may be moved. Wheels are unpacked once, into a
cache, and linked into every slot that has them, so that a slot takes the space and the time of what
is new in it. Nothing in a slot is changed once it is there.
"""

import asyncio
import base64
import csv
import hashlib
import shutil
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from convox.errors import HostError, StateError
from convox.feed.release import REQUIREMENTS, Artifact, RackRelease
from convox.feed.store import Store
from convox.host import commands
from convox.host.files import link_or_copy, read_json, sync_directory, write_json
from convox.update import bytecode

_FACTS = "slot.json"


class Slots:
    """The slots of a rack, in ``directory``; the cache lies beside it."""

    def __init__(self, directory: Path, store: Store) -> None:
        self._directory = directory
        self._cache = directory.parent / "cache"
        self._store = store

    def path(self, version: str) -> Path:
        """Return where the slot is, or would be."""
        return self._directory / version

    def python(self, version: str) -> Path:
        """Return the slot's interpreter."""
        return self.path(version) / "bin" / "python"

    def exists(self, version: str) -> bool:
        """Say whether the slot is there; then it is whole."""
        return (self.path(version) / _FACTS).exists()

    async def build(self, release: RackRelease) -> Path:
        """Build the release's slot from the store, without a network; nothing where it is there.

        ``HostError`` where an artifact is missing or the wheels are not what the release names.
        """
        slot = self.path(release.version)
        if self.exists(release.version):
            return slot
        self._directory.mkdir(parents=True, exist_ok=True)
        draft = self._directory / f".{release.version}"
        shutil.rmtree(draft, ignore_errors=True)
        await self._install(draft, self._offer(release.artifacts))
        for donor in self._whole():
            await asyncio.to_thread(bytecode.share, draft, donor)
        await bytecode.compile_rest(draft)
        write_json(draft / _FACTS, _facts(release))
        await commands.check(["sync", "-f", draft])
        shutil.rmtree(slot, ignore_errors=True)
        draft.rename(slot)
        sync_directory(self._directory)
        return slot

    def reads(self, version: str, surface: str) -> Collection[int]:
        """Return the epochs of a surface that the slot's release reads."""
        found: Collection[int] = read_json(self.path(version) / _FACTS)["reads"][surface]
        return found

    def verify(self, version: str) -> None:
        """Fail with ``StateError`` unless every file that a wheel brought is what it was."""
        slot = self.path(version)
        if not self.exists(version):
            raise StateError(f"cannot use slot {version}: it is not there")
        for record in sorted(slot.glob("lib/python*/site-packages/*.dist-info/RECORD")):
            for file, digest in _recorded(record):
                if not file.is_file() or _digest(file) != digest:
                    name = file.relative_to(slot)
                    raise StateError(f"cannot use slot {version}: {name} is damaged")

    def delete(self, version: str) -> None:
        """Remove a slot, and what was left of an attempt to build it."""
        for directory in (self.path(version), self.path(f".{version}")):
            (directory / _FACTS).unlink(missing_ok=True)
            shutil.rmtree(directory, ignore_errors=True)

    def prune(self, keep: Collection[str]) -> None:
        """Remove all but these slots, and what only they had."""
        for slot in self._directory.glob("*"):
            if slot.name not in keep:
                self.delete(slot.name)
        for archive in (self._cache / "uv").glob("archive-*/*"):
            if not _is_linked(archive):
                shutil.rmtree(archive, ignore_errors=True)

    def _whole(self) -> list[Path]:
        """Return the slots that are there, the newest first."""
        facts = self._directory.glob(f"[!.]*/{_FACTS}")
        return sorted((each.parent for each in facts), reverse=True)

    def _offer(self, artifacts: Iterable[Artifact]) -> Path:
        """Show the artifacts by their names, always at one place, by which uv knows them again."""
        offer = self._cache / "wheels"
        shutil.rmtree(offer, ignore_errors=True)
        offer.mkdir(parents=True)
        for artifact in artifacts:
            if not self._store.has(artifact.sha256):
                raise HostError(
                    f"cannot build the slot: {artifact.name} is not in the store; fetch it first"
                )
            link_or_copy(self._store.path(artifact.sha256), offer / artifact.name)
        return offer

    async def _install(self, draft: Path, offer: Path) -> None:
        uv, cache = _uv(), self._cache / "uv"
        common = ("--quiet", "--no-config", "--offline", "--cache-dir", cache)
        base = getattr(sys, "_base_executable", sys.executable)
        await commands.check(
            [uv, "venv", *common, "--no-project", "--relocatable", "--python", base, draft]
        )
        only = ("--no-index", "--find-links", offer, "--require-hashes")
        into = ("--link-mode", "hardlink", "--python", draft / "bin" / "python")
        await commands.check(
            [uv, "pip", "install", *common, *only, *into, "-r", offer / REQUIREMENTS]
        )


def _facts(release: RackRelease) -> dict[str, Any]:
    reads = {name: sorted(surface.reads) for name, surface in sorted(release.surfaces.items())}
    return {"version": release.version, "reads": reads}


def _uv() -> Path | str:
    ours = Path(sys.executable).parent / "uv"
    return ours if ours.exists() else "uv"


def _is_linked(archive: Path) -> bool:
    """Say whether any slot has files of an unpacked wheel."""
    return any(file.is_file() and file.stat().st_nlink > 1 for file in archive.rglob("*"))


def _recorded(record: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file of an installed wheel with its digest, where one is recorded (PEP 376)."""
    with record.open(newline="") as stream:
        for name, digest, _size in csv.reader(stream):
            if digest.startswith("sha256="):
                yield (record.parents[1] / name).resolve(), digest.removeprefix("sha256=")


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
