"""Where things are in a feed. Both sides agree on this and on nothing else."""

METADATA = "metadata"
"""The folder of the signatures, as TUF names its files."""

TARGETS = "targets"
"""The folder of the index and of the releases' documents, as TUF names them with their hash."""

ARTIFACTS = "artifacts"
"""The folder of the files of all releases, each named by its sha256."""

FIRST_ROOT = f"{METADATA}/1.root.json"
"""Who the feed says may sign it, before any rotation."""

INDEX = "index.json"
"""The target that is the index."""


def release_target(version: str) -> str:
    """Return the target that is the release's document."""
    return f"releases/{version}.json"
