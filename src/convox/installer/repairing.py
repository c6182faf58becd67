"""Make anew what is damaged and can be made from the feed, or read from a copy.

Records are not among it: going back to a copy of them loses something, so a person decides.
"""

import shutil
from pathlib import Path

from convox.engine.local import images
from convox.errors import RackError
from convox.feed.release import RackRelease
from convox.host.files import mend_twice
from convox.installer.doctor.look_files import versions
from convox.installer.progress import say, step
from convox.rackd.ground import ENGINE, Ground, ground
from convox.state import rackfile

_TWICE = ("rack*.json", "instances/*/agent*.json", "resources/*/*/record*.json")


async def repair(home: Path) -> None:
    """Mend all that can be mended; no process that runs is touched."""
    _mend_copies(home)
    parts = ground(home, rackfile.load(home), "")
    for version in versions(parts):
        release = await _document(parts, version)
        await _fetch(parts, release)
        _unpack(parts, release)
        await _rebuild(parts, release)
    say("Whatever can be mended is whole")


def _mend_copies(home: Path) -> None:
    found = {path for pattern in _TWICE for path in home.glob(pattern)}
    for path in sorted({path.with_name(path.name.replace(".copy.", ".")) for path in found}):
        try:
            if mend_twice(path):
                say(f"Restored {path.relative_to(home)} from its copy")
        except ValueError as error:
            say(f"Both copies of {path.relative_to(home)} are damaged: {error}")


async def _document(parts: Ground, version: str) -> RackRelease:
    try:
        return parts.feed.kept(version)
    except RackError:
        with step(f"Reading {version} from the feed again"):
            return await parts.feed.release(version)


async def _fetch(parts: Ground, release: RackRelease) -> None:
    for artifact in release.artifacts:
        if not parts.store.has(artifact.sha256):
            with step(f"Fetching {artifact.name}"):
                await parts.feed.fetch(artifact)


def _unpack(parts: Ground, release: RackRelease) -> None:
    image = parts.home / "images" / release.images[ENGINE]
    try:
        images.verify(image)
    except RackError:
        with step(f"Unpacking {image.name}"):
            parts.unpack_image(release)


async def _rebuild(parts: Ground, release: RackRelease) -> None:
    """Build a damaged slot anew, beside itself and from the artifacts alone.

    Slots have their files in common with the cache, so what is damaged in one is so in the other.
    """
    try:
        parts.slots.verify(release.version)
    except RackError:
        with step(f"Building {release.version} anew"):
            shutil.rmtree(parts.home / "cache", ignore_errors=True)
            (parts.slots.path(release.version) / "slot.json").unlink(missing_ok=True)
            await parts.slots.build(release)
            parts.slots.verify(release.version)
