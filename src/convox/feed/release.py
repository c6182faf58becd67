"""A rack release, and which hops between releases its epochs allow. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from convox.feed.platforms import Platform, fits

Epochs = frozenset[int]

REQUIREMENTS = "requirements.txt"
"""The artifact that lists what a slot consists of, each wheel with its hash."""


def image_archive(engine: str) -> str:
    """Return the name of the artifact that is packed what an engine's instances boot from."""
    return f"image-{engine}.tar.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """In which forms a release reads what it keeps on one surface, and in which it writes it."""

    reads: Epochs
    writes: Epochs


class Surfaced(Protocol):
    """What is enough of a release to say which hops it allows."""

    @property
    def version(self) -> str:
        """UTC, ``YYYYMMDDhhmmss``; the order of versions is the order of these texts."""

    @property
    def surfaces(self) -> Mapping[str, Surface]:
        """What it reads and writes, by the name of the surface."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A file that is named by what is in it. ``sha256`` in hexadecimal, ``size`` in bytes."""

    size: int
    sha256: str

    @classmethod
    def of(cls, stored: bytes) -> "Content":
        """Return what names these bytes."""
        return cls(size=len(stored), sha256=hashlib.sha256(stored).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file of a release. ``sha256`` in hexadecimal, ``size`` in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostNeeds:
    """What a machine must have for a release."""

    python: str = "3.11"
    """The lowest version, as ``major.minor``."""
    disk: int = 0
    """Free bytes beyond the artifacts themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeploy:
    """A feature that an app gets only when it is deployed again."""

    feature: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RackRelease:
    """A published version of the rack's own software; nothing of it changes after publishing."""

    version: str
    notes: str
    surfaces: Mapping[str, Surface]
    images: Mapping[str, str]
    """By engine, the id of the image that its instances boot from."""
    artifacts: tuple[Artifact, ...]
    components: tuple[str, ...] = ()
    redeploy: tuple[Redeploy, ...] = ()
    needs: HostNeeds = field(default_factory=HostNeeds)
    platforms: tuple[Platform, ...] = ()
    """Where its publisher promises that it installs; without any, nothing is promised."""

    @property
    def writes(self) -> Mapping[str, Epochs]:
        """The forms that it writes, by surface."""
        return {name: surface.writes for name, surface in self.surfaces.items()}


@dataclass(frozen=True, slots=True)
class _Kept:
    """What counts of a release, as it runs on some rack."""

    version: str
    surfaces: Mapping[str, Surface]


def on(release: RackRelease, platform: Platform) -> RackRelease:
    """Return a release as a machine of this platform needs it: without the wheels for others."""
    artifacts = tuple(
        artifact
        for artifact in release.artifacts
        if not artifact.name.endswith(".whl") or fits(artifact.name, platform)
    )
    return replace(release, artifacts=artifacts)


def without(release: RackRelease, gone: Mapping[str, Epochs]) -> RackRelease:
    """Return a release as it runs where some forms are not kept up any more."""
    return replace(release, surfaces=_without(release.surfaces, gone))


def _without(surfaces: Mapping[str, Surface], gone: Mapping[str, Epochs]) -> Mapping[str, Surface]:
    return {
        name: replace(surface, writes=surface.writes - gone.get(name, frozenset()))
        for name, surface in surfaces.items()
    }


def aged(release: Surfaced, gone: Mapping[str, Epochs]) -> Mapping[str, Epochs]:
    """Return what a release writes and does not keep up, as it is gone.

    Whoever comes next and writes it as well does not make it anew, so it stays gone.
    """
    found = {
        name: surface.writes & gone[name]
        for name, surface in release.surfaces.items()
        if name in gone
    }
    return {name: lost for name, lost in found.items() if lost}


def kept(release: Surfaced, gone: Mapping[str, Epochs]) -> Surfaced:
    """Return what counts of a release where some forms are not kept up any more."""
    return _Kept(release.version, _without(release.surfaces, gone)) if gone else release


def can_follow(older: Surfaced, newer: Surfaced) -> bool:
    """Say whether ``newer`` can read what ``older`` keeps, on every surface both know."""
    return not unreadable(older, newer)


def unreadable(writer: Surfaced, reader: Surfaced) -> tuple[str, ...]:
    """Return the surfaces on which ``reader`` cannot read anything that ``writer`` keeps."""
    return tuple(
        name
        for name, surface in sorted(writer.surfaces.items())
        if name in reader.surfaces and not surface.writes & reader.surfaces[name].reads
    )


def begins_migration(previous: Surfaced, release: Surfaced) -> tuple[str, ...]:
    """Return the surfaces on which ``release`` begins to write a new epoch beside an old one.

    Such a release opens a migration in two steps and cannot be skipped: the next one may drop what
    the previous one still needed.
    """
    return tuple(
        name
        for name, surface in sorted(release.surfaces.items())
        if name in previous.surfaces
        and surface.writes - previous.surfaces[name].writes
        and surface.writes & previous.surfaces[name].writes
    )
