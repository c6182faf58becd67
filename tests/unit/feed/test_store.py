"""The store holds whole files under the hash of their content, and nothing else."""

import hashlib

import pytest

from convox.errors import FeedUntrusted
from convox.feed.release import Artifact
from convox.feed.store import Store

CONTENT = b"what the artifact says"


def artifact(content: bytes = CONTENT) -> Artifact:
    digest = hashlib.sha256(content).hexdigest()
    return Artifact(name="a.whl", size=len(content), sha256=digest)


def test_artifact_is_there_when_it_was_added(tmp_path):
    store = Store(tmp_path / "store")
    source = store.incoming(artifact())
    source.write_bytes(CONTENT)
    assert not store.has(artifact().sha256)
    assert store.add(source, artifact()).read_bytes() == CONTENT
    assert store.has(artifact().sha256)
    assert not source.exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [(CONTENT[:-1], "it has 21 bytes instead of 22"), (CONTENT.upper(), "its sha256 is ")],
)
def test_file_is_dropped_when_it_is_not_the_artifact(tmp_path, content, problem):
    store = Store(tmp_path)
    source = store.incoming(artifact())
    source.write_bytes(content)
    with pytest.raises(FeedUntrusted, match=problem):
        store.add(source, artifact())
    assert list(tmp_path.iterdir()) == []


def test_only_what_is_kept_stays_when_the_store_is_pruned(tmp_path):
    store = Store(tmp_path)
    for content in (b"one", b"three"):
        source = store.incoming(artifact(content))
        source.write_bytes(content)
        store.add(source, artifact(content))
    store.incoming(artifact(b"partial")).write_bytes(b"par")
    assert store.prune([artifact(b"one").sha256]) == len(b"three") + len(b"par")
    assert [file.name for file in tmp_path.iterdir()] == [artifact(b"one").sha256]


def test_artifact_is_dropped_when_its_content_is_another_by_now(tmp_path):
    store = Store(tmp_path / "store")
    source = store.incoming(artifact())
    source.write_bytes(CONTENT)
    kept = store.add(source, artifact())
    assert store.has(artifact().sha256)
    kept.write_bytes(CONTENT[::-1])
    assert not store.is_whole(artifact().sha256)
    assert kept.exists()
    assert not store.has(artifact().sha256)
    assert not kept.exists()
