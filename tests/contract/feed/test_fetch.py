"""Artifacts come into the store whole, or not at all."""

import asyncio
import hashlib
import shutil
from dataclasses import replace

import pytest
from tests.contract.feed.conftest import described

from convox.errors import FeedUnreachable, FeedUntrusted
from convox.feed.built import DOCUMENT, read_built
from convox.feed.document import serialise_release
from convox.feed.fetch import FeedClient
from convox.feed.gather import unwatched
from convox.feed.index import entry_for
from convox.feed.platforms import Platform
from convox.feed.release import Artifact

A, B = "20260101000000", "20260201000000"
PLACES = ("manylinux2014_x86_64", "manylinux2014_aarch64")


@pytest.fixture
def artifact(workshop) -> Artifact:
    workshop.publish(A)
    release = asyncio.run(workshop.rack().release(A))
    return next(each for each in release.artifacts if each.name == "own.whl")


def in_store(workshop, artifact) -> bytes:
    content = workshop.store.path(artifact.sha256).read_bytes()
    assert hashlib.sha256(content).hexdigest() == artifact.sha256
    return content


def in_feed(workshop, artifact):
    return workshop.feed / "artifacts" / artifact.sha256


def fetch(workshop, artifact, progress=unwatched):
    return asyncio.run(workshop.rack().fetch(artifact, progress))


def test_artifact_is_in_the_store_when_it_was_fetched(workshop, artifact):
    seen: list[int] = []
    assert fetch(workshop, artifact, seen.append) == workshop.store.path(artifact.sha256)
    assert in_store(workshop, artifact).startswith(b"wheel")
    assert seen[-1] == artifact.size


def test_nothing_is_asked_of_the_feed_when_the_artifact_is_there(workshop, artifact):
    fetch(workshop, artifact)
    in_feed(workshop, artifact).unlink()
    fetch(workshop, artifact)
    assert in_store(workshop, artifact)


def test_a_hop_asks_for_nothing_that_did_not_change(workshop):
    for version in (A, B):
        workshop.publish(version)
    rack = workshop.rack()

    async def take(version: str) -> None:
        for part in (await rack.release(version)).artifacts:
            await rack.fetch(part)

    asyncio.run(take(A))
    for part in asyncio.run(rack.release(A)).artifacts:
        in_feed(workshop, part).unlink()
    asyncio.run(take(B))


def test_fetch_goes_on_when_an_earlier_one_broke_off(workshop, artifact):
    half = in_feed(workshop, artifact).read_bytes()[: artifact.size // 2]
    workshop.store.incoming(artifact).write_bytes(half)
    seen: list[int] = []
    fetch(workshop, artifact, seen.append)
    assert in_store(workshop, artifact)
    assert seen[0] > len(half)


@pytest.mark.parametrize("extra", [0, 7])
def test_fetch_ends_well_when_the_partial_file_is_whole_or_too_long(workshop, artifact, extra):
    content = in_feed(workshop, artifact).read_bytes() + b"x" * extra
    workshop.store.incoming(artifact).write_bytes(content)
    fetch(workshop, artifact)
    assert in_store(workshop, artifact)


def test_artifact_is_refused_when_its_content_is_another(workshop, artifact):
    in_feed(workshop, artifact).write_bytes(b"x" * artifact.size)
    with pytest.raises(FeedUntrusted, match=r"own.whl: its sha256 is .*; the feed's files"):
        fetch(workshop, artifact)
    assert not workshop.store.has(artifact.sha256)


def test_fetch_begins_anew_when_what_had_come_was_wrong(workshop, artifact):
    workshop.store.incoming(artifact).write_bytes(b"x" * (artifact.size // 2))
    fetch(workshop, artifact)
    assert in_store(workshop, artifact)


def test_fetch_stops_at_the_promised_size_when_the_file_is_longer(workshop, artifact):
    file = in_feed(workshop, artifact)
    file.write_bytes(file.read_bytes() + b"x" * 1_000_000)
    fetch(workshop, artifact)
    assert in_store(workshop, artifact)


def test_what_has_come_is_kept_when_the_file_is_cut_short(workshop, artifact):
    file = in_feed(workshop, artifact)
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    with pytest.raises(FeedUnreachable, match=r"broke off .* bytes before its end; what has come"):
        fetch(workshop, artifact)
    assert workshop.store.incoming(artifact).read_bytes() == whole[:100]
    assert not workshop.store.has(artifact.sha256)


def test_fetch_fails_when_the_artifact_is_missing(workshop, artifact):
    in_feed(workshop, artifact).unlink()
    with pytest.raises(FeedUnreachable, match=r"cannot fetch own.whl from feed"):
        fetch(workshop, artifact)


def test_a_rack_sees_of_a_release_what_its_machine_needs(workshop):
    directory, names = workshop.build(A), [f"own-1-py3-none-{place}.whl" for place in PLACES]
    text = (directory / "own.whl").read_text()
    for name in (*names, "notes.txt"):
        (directory / name).write_text(text)
    parts = tuple(described(name, text) for name in (*names, "notes.txt"))
    release = replace(read_built(directory), artifacts=parts)
    (directory / DOCUMENT).write_bytes(serialise_release(release))
    entry = entry_for(release, now=workshop.clock.now())
    workshop.publisher.publish([directory], lambda _: entry)
    arm = Platform(python="3.11", machine="aarch64", glibc="2.28")
    assert asyncio.run(workshop.rack().release(A)) == release
    rack = FeedClient(workshop.url, workshop.home / "rack", workshop.store, platform=arm)
    for seen in (asyncio.run(rack.release(A)), rack.kept(A)):
        assert [part.name for part in seen.artifacts] == [names[1], "notes.txt"]


def test_two_control_planes_may_read_the_feed_at_the_same_moment(workshop):
    """As they do at a handoff: one of them finishes what it has begun."""
    workshop.publish("20260101000000")

    async def both() -> None:
        await asyncio.gather(*(workshop.rack().refresh() for _ in range(4)))

    for _ in range(10):
        shutil.rmtree(workshop.home / "rack", ignore_errors=True)
        asyncio.run(both())
