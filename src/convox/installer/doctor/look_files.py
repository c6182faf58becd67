"""Look at the files below the home."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from cryptography import x509

from convox.engine.local import images
from convox.errors import RackError
from convox.feed.release import RackRelease
from convox.host.clock import SystemClock
from convox.host.files import copy_of
from convox.installer.doctor.facts import Files
from convox.installer.doctor.look_machine import modes
from convox.rackd.ground import Ground
from convox.state.soundness import damage, file_of, remedy

_SETTLED = 3600.0  # seconds after which what is half done is not being done any more
_SMALL = (
    *("rack.json", "keeper/slots.json", "keeper/pid.json", "router/workers.json"),
    *("router/table.json", "instances/*/agent.json", "instances/*/agent.pid"),
    *("instances/*/processes/*/spec.json", "resources/*/*/record.json", "slots/*/slot.json"),
)
_HALF_DONE = (
    *("slots/.[0-9]*", "images/.*", "components/.*-*", "keeper/.*", "run/shadow-*"),
    *("store/.*.partial", "*/.incoming.*", "state/damaged-*", "keeper/*.damaged.json"),
)


def files(parts: Ground) -> Files:
    """Return what is damaged, and what is left over."""
    home = parts.home
    harm = _records(parts)
    return Files(
        records=harm,
        way_back=remedy(home, parts.facts.name) if harm else "",
        small=dict(_small(home)),
        slots=dict(_slots(parts)),
        images=dict(_images(home)),
        store=sorted(set(missing(parts))),
        certificates=dict(_certificates(home / "router")),
        modes=tuple(modes(home)),
        leftovers=sorted(_leftovers(home)),
    )


def versions(parts: Ground) -> list[str]:
    """Return the versions that have a slot."""
    return sorted(slot.name for slot in (parts.home / "slots").glob("[!.]*"))


def missing(parts: Ground) -> Iterator[str]:
    """Yield the artifacts of those versions that the store lacks, and documents that are damaged.

    An artifact that is damaged counts; it is only looked at.
    """
    for version in versions(parts):
        try:
            release = parts.feed.kept(version)
        except RackError:
            yield f"the document of {version}"
            continue
        yield from _lacking(parts, release)


def _lacking(parts: Ground, release: RackRelease) -> Iterator[str]:
    for artifact in release.artifacts:
        if not parts.store.is_whole(artifact.sha256):
            yield artifact.name


def _records(parts: Ground) -> str:
    file = file_of(parts.facts.database)
    try:
        return damage(file) if file else ""
    except OSError as error:
        return str(error)


def _small(home: Path) -> Iterator[tuple[Path, str]]:
    for pattern in _SMALL:
        for path in home.glob(pattern):
            yield from _unreadable(path)
            if copy_of(path).exists():
                yield from _unreadable(copy_of(path))
    for name in ("rack.json", "keeper/slots.json"):
        if not (home / name).exists():
            yield home / name, "it is missing"


def _unreadable(path: Path) -> Iterator[tuple[Path, str]]:
    try:
        if not isinstance(json.loads(path.read_bytes()), dict):
            yield path, "it is damaged"
    except FileNotFoundError:
        return  # It has gone meanwhile.
    except (OSError, ValueError) as error:
        yield path, f"it is damaged: {error}" if path.stat().st_size else "it is empty"


def _slots(parts: Ground) -> Iterator[tuple[str, str]]:
    for version in versions(parts):
        yield from _objection(version, partial(parts.slots.verify, version))


def _images(home: Path) -> Iterator[tuple[str, str]]:
    for image in sorted((home / "images").glob("[!.]*")):
        yield from _objection(image.name, partial(images.verify, image))


def _objection(name: str, verify: Callable[[], None]) -> Iterator[tuple[str, str]]:
    try:
        verify()
    except (RackError, OSError) as error:
        yield name, str(error)


def _certificates(router: Path) -> Iterator[tuple[str, datetime | None]]:
    for path in (*router.glob("*.pem"), *router.glob("certificates/*.pem")):
        try:
            ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
        except (OSError, ValueError):
            yield path.name, None
        else:
            yield path.name, ends


def _leftovers(home: Path) -> Iterator[Path]:
    now = SystemClock().now().timestamp()
    for pattern in _HALF_DONE:
        for path in home.glob(pattern):
            if now - path.lstat().st_mtime > _SETTLED or "damaged" in path.name:
                yield path
