"""What speaks against an update now; each objection names its cause and what to do about it."""

import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from convox.feed.release import RackRelease
from convox.feed.store import Store
from convox.update.survey import Survey, ailments

_SPARE = 256 * 1024 * 1024  # bytes that must stay free beyond what the release needs
_UNPACKED = 4  # how much larger a wheel's files are than the wheel, compiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Objector:
    """Looks at the host, the rollouts and the health of everything."""

    home: Path
    store: Store
    survey: Callable[[], Awaitable[Survey]]
    rolling: Callable[[], Sequence[str]]
    """The apps whose deployment is under way."""

    async def __call__(self, release: RackRelease) -> Sequence[str]:
        """Return all that speaks against moving to the release."""
        missing = sum(part.size for part in release.artifacts if not self.store.has(part.sha256))
        return [
            *disk(free=shutil.disk_usage(self.home).free, missing=missing, release=release),
            *python(release, running=sys.version_info[:2]),
            *(f"app {app} is being deployed; wait for it" for app in self.rolling()),
            *(f"{ailment}; mend it first" for ailment in ailments(await self.survey())),
        ]


def disk(*, free: int, missing: int, release: RackRelease) -> Sequence[str]:
    """Object when the disk could fill up; all in bytes."""
    needed = missing * (1 + _UNPACKED) + release.needs.disk + _SPARE
    if free >= needed:
        return []
    has, needs = free // 2**20, needed // 2**20
    return [f"the disk has {has} MiB free and the update needs {needs} MiB; free some space"]


def python(release: RackRelease, *, running: tuple[int, ...]) -> Sequence[str]:
    """Object when the machine's Python is older than the release needs."""
    needed = tuple(int(part) for part in release.needs.python.split("."))
    if running >= needed:
        return []
    has = ".".join(map(str, running))
    return [f"the release needs Python {release.needs.python} and the machine has {has}"]
