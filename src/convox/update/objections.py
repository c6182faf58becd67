"""What speaks against an update now; each objection names its cause and what to do about it."""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from convox.feed.here import here
from convox.feed.platforms import Platform, runs_on
from convox.feed.release import RackRelease, unreadable
from convox.update.steps.fetch import Artifacts
from convox.update.survey import Survey, ailments

AGENT = "agent"
"""The surface between the control plane and the agents."""

_SPARE = 256 * 1024 * 1024  # bytes that must stay free beyond what the release needs
_UNPACKED = 4  # how much larger a wheel's files are than the wheel, compiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Objector:
    """Looks at the host, the rollouts and the health of everything."""

    free: Callable[[], int]
    """The bytes that are free on the disk."""
    store: Artifacts
    survey: Callable[[], Awaitable[Survey]]
    rolling: Callable[[], Sequence[str]]
    """The apps whose deployment is under way."""
    booted: Callable[[], Mapping[str, str]]
    """The image of each instance."""
    known: Callable[[], Sequence[RackRelease]]
    """The releases that ran here."""
    feasible: Callable[[RackRelease], Awaitable[Sequence[str]]]
    """What speaks against the roll that the release asks for, if it asks for one."""

    async def __call__(self, release: RackRelease) -> Sequence[str]:
        """Return all that speaks against moving to the release."""
        missing = sum(part.size for part in release.artifacts if not self.store.has(part.sha256))
        return [
            *disk(free=self.free(), missing=missing, release=release),
            *python(release, running=sys.version_info[:2]),
            *platform(release, running=here()),
            *(f"app {app} is being deployed; wait for it" for app in self.rolling()),
            *laggards(self.booted(), self.known(), release=release),
            *await self.feasible(release),
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


def platform(release: RackRelease, *, running: Platform) -> Sequence[str]:
    """Object when the machine is none of those on which the release promises to install."""
    promised = release.platforms
    if not promised or any(runs_on(each, running) for each in promised):
        return []
    wanted = ", or ".join(map(str, promised))
    return [f"the release installs with {wanted}, and the machine has {running}"]


def laggards(
    booted: Mapping[str, str], known: Sequence[RackRelease], *, release: RackRelease
) -> Sequence[str]:
    """Object when an instance is left whose agent the release could not speak to.

    An instance outlives the roll that replaced it as long as something is open on it. A stop that
    such a one still needs does not count as made.
    """
    spoken = {
        image
        for older in (*known, release)
        if AGENT not in unreadable(older, release)
        for image in older.images.values()
    }
    return [
        f"instance {name} runs an agent that {release.version} cannot speak to, as something is"
        f" open on it still; end that, or `convox instances terminate {name}`"
        for name, image in sorted(booted.items())
        if image not in spoken
    ]
