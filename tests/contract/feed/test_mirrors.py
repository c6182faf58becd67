"""A feed that is had from several places is had as long as one of them is good."""

import asyncio
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tests.contract.feed.wicked import HEAD, answering, trickle

from convox.errors import FeedUnreachable, FeedUntrusted
from convox.feed.fetch import FeedClient, first_root
from convox.feed.mirrors import parse_mirrors
from convox.host.paced import Pace

A, B = "20260101000000", "20260102000000"
QUICK = Pace(window=0.3, least=10_000)


@pytest.fixture
def feed(workshop):
    """A feed with a release, of which there is a copy."""
    workshop.publish(A)
    return workshop


def copy(feed, name: str) -> Path:
    return Path(shutil.copytree(feed.feed, feed.home / name))


def client(feed, *mirrors: object) -> FeedClient:
    feed.rack()
    text = ", ".join(map(str, mirrors))
    return FeedClient(text, feed.home / "rack", feed.store, pace=QUICK)


def versions(reader) -> list[str]:
    return [entry.version for entry in asyncio.run(reader.refresh()).entries]


def own(reader):
    release = asyncio.run(reader.release(A))
    return next(part for part in release.artifacts if part.name == "own.whl")


def test_several_addresses_are_read_from_one_setting():
    assert parse_mirrors("https://a/feed/, http://b /srv/my feed,/mnt") == (
        "https://a/feed",
        "http://b",
        "/srv/my feed",
        "/mnt",
    )


def test_next_mirror_is_asked_when_one_does_not_answer(feed):
    reader = client(feed, "http://127.0.0.1:1", feed.home / "nowhere", feed.url)
    assert versions(reader) == [A]
    assert asyncio.run(reader.fetch(own(reader))).exists()
    assert asyncio.run(first_root(f"http://127.0.0.1:1 {feed.url}"))


def test_next_mirror_is_asked_when_one_is_too_slow(feed):
    with answering(trickle(HEAD)) as slow:
        reader = client(feed, slow, feed.url)
        assert versions(reader) == [A]
        assert asyncio.run(reader.fetch(own(reader))).exists()


def test_next_mirror_is_asked_when_one_is_stale(feed):
    now = feed.clock.moment
    feed.clock.moment -= timedelta(days=40)
    feed.publisher.sign()
    stale = copy(feed, "stale")
    feed.clock.moment = now
    feed.publisher.sign()
    assert versions(client(feed, stale, feed.url)) == [A]


def test_next_mirror_is_asked_when_one_is_older_than_what_was_seen(feed):
    older = copy(feed, "older")
    feed.publish(B)
    assert versions(client(feed, feed.url)) == [A, B]
    assert versions(client(feed, older, feed.url)) == [A, B]
    with pytest.raises(FeedUntrusted, match="it is not as new as what this rack has seen"):
        asyncio.run(client(feed, older).refresh())


@pytest.mark.parametrize(
    "missing", ["metadata/*.snapshot.json", "metadata/*.targets.json", "targets/*", "documents/*"]
)
def test_what_a_broken_mirror_shows_does_not_spoil_another(feed, missing):
    """The newest state is not whole at one mirror; the other one has the state before, and it."""
    older = copy(feed, "older")
    feed.publish(B)
    broken = copy(feed, "broken")
    for file in broken.glob(missing):
        file.unlink()
    assert versions(client(feed, broken, older)) == [A]


def test_keys_that_a_broken_mirror_shows_are_believed_at_once(feed, tmp_path):
    older = copy(feed, "older")
    feed.publisher.rotate(tmp_path / "newer keys")
    broken = copy(feed, "broken")
    (broken / "metadata" / "timestamp.json").unlink()
    with pytest.raises(FeedUntrusted, match=r"\(2\) .* it is not signed by enough of those"):
        asyncio.run(client(feed, broken, older).refresh())


@pytest.mark.parametrize("part", ["targets", "documents"])
def test_index_is_had_from_the_next_mirror_when_one_has_edited_it(feed, part):
    edited = copy(feed, "edited")
    for file in (edited / part).glob("*"):
        file.write_bytes(file.read_bytes()[:-1] + b" ")
    assert versions(client(feed, edited, feed.url)) == [A]


def test_documents_are_had_from_the_next_mirror_when_one_lost_them(feed):
    reader = client(feed, feed.url, copy(feed, "other"))
    versions(reader)
    shutil.rmtree(feed.feed / "documents")
    assert asyncio.run(reader.release(A)).version == A


def test_each_mirror_s_fault_is_named_when_none_is_good(feed):
    edited = copy(feed, "edited")
    timestamp = json.loads((edited / "metadata" / "timestamp.json").read_bytes())
    timestamp["signed"]["version"] += 1
    (edited / "metadata" / "timestamp.json").write_text(json.dumps(timestamp))
    reader = client(feed, "http://127.0.0.1:1", edited)
    told = (
        r"none of its 2 mirrors is good: \(1\) cannot reach feed http://127.0.0.1:1: .*refused.*;"
        r" \(2\) cannot trust feed .*edited: it is not signed by enough"
    )
    with pytest.raises(FeedUntrusted, match=told):
        asyncio.run(reader.refresh())


def test_feed_is_unreachable_when_no_mirror_answers(feed):
    with pytest.raises(FeedUnreachable, match="none of its 2 mirrors is good"):
        asyncio.run(client(feed, "http://127.0.0.1:1", feed.home / "nowhere").refresh())


def test_a_bundle_that_has_grown_old_alarms_nobody_when_no_mirror_answers(feed):
    reader = client(feed, feed.url)
    asyncio.run(reader.adopt(copy(feed, "bundle"), A))
    feed.publish(B)
    assert versions(reader) == [A, B]
    shutil.rmtree(feed.feed)
    with pytest.raises(
        FeedUnreachable, match=r"\(2\) .*it is not as new as what this rack has seen"
    ):
        asyncio.run(reader.refresh())


def test_artifact_is_finished_from_the_next_mirror_when_one_breaks_off(feed):
    other = copy(feed, "other")
    reader = client(feed, feed.url, other)
    artifact = own(reader)
    cut = feed.feed / "artifacts" / artifact.sha256
    cut.write_bytes(cut.read_bytes()[:100])
    seen: list[int] = []
    asyncio.run(reader.fetch(artifact, seen.append))
    assert seen[0] == 100
    assert seen[-1] == artifact.size
    assert feed.store.has(artifact.sha256)


@pytest.mark.parametrize("length", [100, 10_000_000], ids=["in part", "whole"])
def test_artifact_is_had_from_the_next_mirror_when_one_gives_another(feed, length):
    """What the first one gave is not mixed into what the second one gives."""
    other = copy(feed, "other")
    reader = client(feed, feed.url, other)
    artifact = own(reader)
    wrong = feed.feed / "artifacts" / artifact.sha256
    wrong.write_bytes(b"x" * min(length, artifact.size))
    asyncio.run(reader.fetch(artifact))
    assert feed.store.has(artifact.sha256)
