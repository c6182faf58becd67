"""What a source tree says about the release that is built from it: its ``release.toml``.

The whole of it is the publisher's to write, but for what the build finds out itself: the version,
the artifacts, the images and the components.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from convox.errors import InvalidInput, NotFound
from convox.feed.platforms import Platform
from convox.feed.release import HostNeeds, Redeploy, Surface

NAME = "release.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Each of these Pythons, on each of these machines, that have at least this glibc."""

    python: tuple[str, ...]
    machines: tuple[str, ...]
    glibc: str

    def platforms(self) -> tuple[Platform, ...]:
        """Return each of the platforms."""
        return tuple(
            Platform(python=python, machine=machine, glibc=self.glibc)
            for python in self.python
            for machine in self.machines
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The publisher's words, and the epochs of each surface."""

    notes: str
    surfaces: Mapping[str, Surface]
    redeploy: tuple[Redeploy, ...] = ()
    needs: HostNeeds = field(default_factory=HostNeeds)
    platforms: Promise | None = None


def read_description(tree: Path) -> Description:
    """Read the description of a tree; ``InvalidInput`` names the member that is wrong."""
    file = tree / NAME
    try:
        values = tomllib.loads(file.read_text())
        return msgspec.convert(values, Description)
    except FileNotFoundError as error:
        raise NotFound(f"cannot build {tree}: it has no {NAME}") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidInput(f"cannot read {file}: {error}") from error
