"""Whether a release installs wherever it promises to."""

from collections.abc import Iterator

from convox.feed.platforms import unmet
from convox.feed.release import RackRelease
from convox.feed.wheels import parse_lock


def broken(release: RackRelease, requirements: str) -> Iterator[str]:
    """Say what of the release's requirements does not install on each promised platform."""
    names = {artifact.sha256: artifact.name for artifact in release.artifacts}
    for pin in parse_lock(requirements):
        wheels = [names[digest] for digest in pin.hashes if digest in names]
        if not wheels:
            yield f"{pin.name} {pin.version} is not among its artifacts"
        else:
            yield from unmet(wheels, release.platforms)
