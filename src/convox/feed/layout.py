"""Where things are in a feed. Both sides agree on this and on nothing else."""

METADATA = "metadata"
"""The folder of the signatures, as TUF names its files."""

TARGETS = "targets"
"""The folder of what is signed, as TUF names it with its hash: the head of the index alone."""

DOCUMENTS = "documents"
"""The folder of the index's pages and of the releases' documents, each named by its sha256."""

ARTIFACTS = "artifacts"
"""The folder of the files of all releases, each named by its sha256."""

FIRST_ROOT = f"{METADATA}/1.root.json"
"""Who the feed says may sign it, before any rotation."""

INDEX = "index.json"
"""The target that is the head of the index."""

BUNDLE = "bundle"
"""Where a rack keeps the bundle that was brought to it last, beside what it has seen."""


def kept_document(version: str) -> str:
    """Return where a rack keeps the document of a release, beside what it has seen of the feed."""
    return f"releases/{version}.json"
