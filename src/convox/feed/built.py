"""A release as it was built: a directory that holds its document and, beside it, its artifacts."""

from pathlib import Path

from convox.errors import FeedUntrusted, InvalidInput, NotFound, Refused
from convox.feed.document import parse_release
from convox.feed.promises import broken
from convox.feed.release import REQUIREMENTS, Artifact, RackRelease
from convox.feed.store import mismatch

DOCUMENT = "release.json"
"""The name of the document in the directory."""


def read_built(directory: Path) -> RackRelease:
    """Return the document of a release that was built; its artifacts lie beside it, whole."""
    try:
        release = parse_release((directory / DOCUMENT).read_bytes())
    except FileNotFoundError as error:
        raise NotFound(
            f"cannot publish {directory}: it has no {DOCUMENT}; build the release first"
        ) from error
    for artifact in release.artifacts:
        _check_artifact(directory, artifact)
    if release.platforms:
        _check_promise(directory, release)
    return release


def _check_artifact(directory: Path, artifact: Artifact) -> None:
    file = directory / artifact.name
    if not file.is_file():
        raise InvalidInput(f"cannot publish {directory}: artifact {artifact.name} is missing")
    problem = mismatch(file, artifact)
    if problem:
        raise FeedUntrusted(f"cannot publish {directory}: artifact {artifact.name}: {problem}")


def _check_promise(directory: Path, release: RackRelease) -> None:
    found = "; ".join(broken(release, (directory / REQUIREMENTS).read_text()))
    if found:
        raise Refused(f"cannot publish {directory}: {found}; build the release again")
