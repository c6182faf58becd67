"""A bundle holds the whole way and nothing else, in one form, and any other form is refused."""

import asyncio
import io
import tarfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.contract.feed.conftest import Workshop

from convox.errors import FeedStale, FeedUntrusted, InvalidInput, NotFound, Refused
from convox.feed.amendments import withdrawn
from convox.feed.bundle import LIST, Contents, read_list, unpack
from convox.feed.bundling import make_bundle
from convox.feed.document import encode
from convox.feed.fetch import FeedClient
from convox.feed.index import STABLE
from convox.feed.layout import METADATA
from convox.feed.store import Store

A, B, C, D = "20260101000000", "20260102000000", "20260103000000", "20260104000000"


@pytest.fixture
def feed(tmp_path) -> Workshop:
    """A feed in which B has to be stopped at on the way from A to C, and that knows more."""
    (tmp_path / "feed").mkdir()
    made = Workshop(home=tmp_path, url=str(tmp_path / "feed"))
    made.publisher.init()
    for version, epochs in ((A, "1"), (B, "12"), (C, "2"), (D, "2")):
        made.publish(version, epochs=epochs)
    return made


def bundle(feed: Workshop, origin: str = A, target: str = C, name: str = "up.bundle") -> Path:
    out = feed.home / name
    made(feed, origin, target, out)
    return out


def made(feed: Workshop, origin: str, target: str, out: Path) -> Contents:
    return asyncio.run(make_bundle(feed.feed, origin, target, out, channel=STABLE))


def test_a_bundle_may_be_read_by_whom_it_is_passed_on_to(feed):
    assert bundle(feed).stat().st_mode & 0o777 == 0o644


def listing(**files: int) -> bytes:
    """Return the beginning of a bundle: the list of what has to follow."""
    until = datetime(2030, 1, 1, tzinfo=UTC)
    listed = encode(Contents(origin=A, target=B, until=until, files=files))
    header = tarfile.TarInfo(LIST)
    header.size = len(listed)
    return header.tobuf(tarfile.USTAR_FORMAT) + listed + bytes(-len(listed) % 512)


def unpacked(content: bytes, folder: Path) -> Path:
    folder.mkdir()
    stream = io.BytesIO(content)
    unpack(stream, read_list(stream), folder)
    return folder


def test_a_bundle_holds_the_whole_way(feed):
    folder = unpacked(bundle(feed).read_bytes(), feed.home / "stick")
    feed.rack()
    store = Store(feed.home / "store of the rack")
    for part in asyncio.run(feed.rack().release(A)).artifacts:
        asyncio.run(FeedClient(feed.url, feed.home / "rack", store).fetch(part))
    offline = FeedClient(str(folder), feed.home / "rack", store)
    assert [entry.version for entry in asyncio.run(offline.refresh()).entries] == [A, B, C, D]
    for version in (B, C):
        for part in asyncio.run(offline.release(version)).artifacts:
            asyncio.run(offline.fetch(part))
            assert store.has(part.sha256)


def test_a_bundle_holds_no_more_than_the_way(feed):
    contents = made(feed, A, C, feed.home / "up.bundle")
    (own_b, shared), (own_c, _) = (
        asyncio.run(feed.rack().release(version)).artifacts for version in (B, C)
    )
    names = {name.split("/")[1] for name in contents.files if name.startswith("artifacts/")}
    assert names == {own_b.sha256, own_c.sha256}
    assert shared.sha256 not in names
    assert sum(name.startswith("documents/") for name in contents.files) == 1 + 3


def test_a_bundle_is_the_same_when_it_is_made_again(feed):
    assert bundle(feed).read_bytes() == bundle(feed, name="again").read_bytes()


def test_any_tar_reads_a_bundle(feed):
    with tarfile.open(bundle(feed)) as archive:
        assert archive.getnames()[0] == "bundle.json"
        assert all(member.isreg() for member in archive)


def test_a_bundle_is_refused_wherever_it_was_cut_short(feed, tmp_path):
    whole = bundle(feed).read_bytes()
    unpacked(whole, tmp_path / "whole")
    for number, end in enumerate(range(0, len(whole) - 10240, 700)):
        with pytest.raises(FeedUntrusted, match="cannot use the bundle: it is cut short in "):
            unpacked(whole[:end], tmp_path / str(number))
    last = len(whole.rstrip(b"\0"))
    with pytest.raises(FeedUntrusted, match="it is cut short"):
        unpacked(whole[: last + 1], tmp_path / "the end")


@pytest.mark.parametrize("folder", ["artifacts", "documents"])
def test_a_bundle_is_refused_when_a_file_is_damaged(feed, tmp_path, folder):
    path = bundle(feed)
    with tarfile.open(path) as archive:
        member = next(each for each in archive if each.name.startswith(folder))
    content = bytearray(path.read_bytes())
    content[member.offset_data + 5] ^= 1
    with pytest.raises(FeedUntrusted, match=f"{member.name} is damaged, its sha256 is "):
        unpacked(bytes(content), tmp_path / "damaged")


STRANGE = [
    "../rack.json",
    "/etc/passwd",
    "metadata/../../x",
    "metadata/a/b",
    "metadata/.x",
    "metadata/",
    ".metadata/x",
    "slots/x",
    "artifacts/x",
    "bundle.json",
]


@pytest.mark.parametrize("name", STRANGE)
def test_a_bundle_is_refused_when_it_lists_what_no_feed_has(name):
    with pytest.raises(FeedUntrusted, match=r"it lists .*, which no feed has"):
        read_list(io.BytesIO(listing(**{name: 1})))


def linked(name: str) -> bytes:
    """Return a bundle in which a link stands where a file has to follow."""
    link = tarfile.TarInfo(name)
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return listing(**{name: 0}) + link.tobuf(tarfile.USTAR_FORMAT) + bytes(1024)


def test_a_bundle_is_refused_when_it_has_a_link(tmp_path):
    name = f"{METADATA}/timestamp.json"
    with pytest.raises(FeedUntrusted, match=f"something else stands where {name} has to follow"):
        unpacked(linked(name), tmp_path / "linked")
    assert not list(tmp_path.rglob("timestamp.json"))


def test_a_bundle_is_refused_when_more_follows_than_it_lists(feed, tmp_path):
    whole = bundle(feed).read_bytes()
    with pytest.raises(FeedUntrusted, match="more follows than it lists"):
        unpacked(whole + b"x" * 20000, tmp_path / "longer")


@pytest.mark.parametrize("content", [b"", b"<html>" * 1000, bytes(10240)])
def test_what_is_no_bundle_is_refused(content):
    with pytest.raises(FeedUntrusted, match="cannot use the bundle: it is "):
        read_list(io.BytesIO(content))


@pytest.mark.parametrize("size", [-5, 2**60])
def test_a_bundle_is_refused_when_its_list_has_a_size_that_is_none(size):
    header = tarfile.TarInfo(LIST)
    header.size = size
    with pytest.raises(FeedUntrusted, match="it is no bundle"):
        read_list(io.BytesIO(header.tobuf(tarfile.GNU_FORMAT) + bytes(10240)))


def test_a_bundle_that_is_too_large_is_refused_before_it_is_unpacked():
    large = {"artifacts/" + "0" * 64: 2**33}
    with pytest.raises(FeedUntrusted, match="it is larger than 8,589,934,591 bytes"):
        read_list(io.BytesIO(listing(**large)))


def test_no_bundle_is_made_when_no_rack_would_trust_the_feed(feed):
    feed.clock.moment -= timedelta(days=40)
    feed.publisher.sign()
    with pytest.raises(FeedStale, match="it is stale"):
        bundle(feed)
    assert not (feed.home / "up.bundle").exists()


def test_no_bundle_is_made_when_no_way_leads_there(feed):
    with pytest.raises(InvalidInput, match=f"{A} is not newer than {C}"):
        bundle(feed, C, A)
    with pytest.raises(NotFound, match="the feed has no release 20250101000000"):
        bundle(feed, "20250101000000", C)
    feed.publisher.amend(C, "withdraw", lambda entry, _: withdrawn(entry, "broken"))
    with pytest.raises(Refused, match=f"the feed does not offer {C} in channel stable"):
        bundle(feed)


def test_a_bundle_is_good_for_as_long_as_its_publisher_chose(feed):
    feed.publisher.sign()
    before = made(feed, A, C, feed.home / "a").until
    replace(feed.publisher, lifetimes=replace(feed.lifetimes, timestamp=90)).sign()
    after = made(feed, A, C, feed.home / "b").until
    assert after - before == timedelta(days=60)
