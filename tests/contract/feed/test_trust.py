"""A feed is believed only when it is whole, signed, current, and not older than what was seen."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from convox.errors import FeedStale, FeedUnreachable, FeedUntrusted, NotFound
from convox.feed.fetch import FeedClient, first_root
from convox.feed.index import entry_for
from convox.feed.trust import fingerprint

A, B, C = "20260101000000", "20260102000000", "20260103000000"


def versions(client) -> list[str]:
    return [entry.version for entry in asyncio.run(client.refresh()).entries]


def newest(feed, role) -> str:
    numbers = [int(file.name.partition(".")[0]) for file in feed.glob(f"metadata/*.{role}.json")]
    return f"metadata/{max(numbers)}.{role}.json"


def assert_untrusted(client, reason) -> None:
    with pytest.raises(FeedUntrusted, match=reason):
        asyncio.run(client.refresh())


def test_releases_are_seen_when_they_are_published(workshop):
    rack = workshop.rack()
    assert versions(rack) == []
    workshop.publish(A)
    assert versions(rack) == [A]
    workshop.publish(B)
    assert versions(rack) == [A, B]
    assert asyncio.run(rack.release(B)).notes == f"notes of {B}"
    assert set(asyncio.run(rack.releases([A, B]))) == {A, B}


def test_release_is_not_found_when_the_feed_has_none_such(workshop):
    with pytest.raises(NotFound, match=A):
        asyncio.run(workshop.rack().release(A))


def test_documents_are_read_from_the_rack_when_they_were_read_before(workshop):
    workshop.publish(A)
    assert versions(workshop.rack()) == [A]
    asyncio.run(workshop.rack().release(A))
    for file in workshop.feed.glob("documents/*"):
        file.unlink()
    assert asyncio.run(workshop.rack().release(A)).version == A


def test_feed_is_unreachable_when_it_is_not_there(workshop, tmp_path):
    client = FeedClient(f"{workshop.url}/elsewhere", tmp_path / "rack", workshop.store)
    workshop.rack()
    with pytest.raises(FeedUnreachable, match=r"cannot reach feed .*elsewhere: .*; check"):
        asyncio.run(client.refresh())


def test_feed_is_unreachable_when_nothing_listens(workshop, tmp_path):
    workshop.rack()
    client = FeedClient("http://127.0.0.1:1", tmp_path / "rack", workshop.store)
    with pytest.raises(FeedUnreachable, match="refused"):
        asyncio.run(client.refresh())


def test_feed_is_untrusted_when_the_rack_has_no_root(workshop, tmp_path):
    client = FeedClient(workshop.url, tmp_path / "new", workshop.store)
    assert_untrusted(client, r"root.json is missing; put the root")


def test_feed_is_stale_when_its_timestamp_has_expired(workshop):
    workshop.clock.moment -= timedelta(days=40)
    workshop.publish(A)
    with pytest.raises(FeedStale, match=r"it is stale: .*; its publisher has to sign it again"):
        asyncio.run(workshop.rack().refresh())


def test_feed_is_trusted_again_when_it_was_signed_anew(workshop):
    now = workshop.clock.moment
    workshop.clock.moment -= timedelta(days=40)
    workshop.publish(A)
    workshop.clock.moment = now
    workshop.publisher.sign()
    assert versions(workshop.rack()) == [A]


def test_feed_is_untrusted_when_it_went_back(workshop):
    workshop.publish(A)
    workshop.keep()
    workshop.publish(B)
    assert versions(workshop.rack()) == [A, B]
    workshop.put_back("metadata/timestamp.json")
    assert_untrusted(workshop.rack(), "it is not as new as what this rack has seen")


def test_feed_is_untrusted_when_its_parts_do_not_belong_together(workshop):
    workshop.publish(A)
    snapshot, targets = (newest(workshop.feed, role) for role in ("snapshot", "targets"))
    workshop.publish(B)
    for role, old in (("snapshot", snapshot), ("targets", targets)):
        content = (workshop.feed / old).read_bytes()
        (workshop.feed / newest(workshop.feed, role)).write_bytes(content)
    assert_untrusted(workshop.rack(), "cannot trust feed")


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_feed_is_untrusted_when_metadata_was_changed(workshop, role):
    workshop.publish(A)
    name = "metadata/timestamp.json" if role == "timestamp" else newest(workshop.feed, role)
    content = json.loads((workshop.feed / name).read_bytes())
    content["signed"]["expires"] = "2099-01-01T00:00:00Z"
    (workshop.feed / name).write_text(json.dumps(content))
    assert_untrusted(workshop.rack(), "cannot trust feed .*; ")


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "index"])
def test_feed_is_untrusted_when_a_file_is_cut_short(workshop, role):
    workshop.publish(A)
    files = {
        "timestamp": workshop.feed / "metadata" / "timestamp.json",
        "index": next(workshop.feed.glob("targets/*.index.json")),
    }
    file = files.get(role) or workshop.feed / newest(workshop.feed, role)
    if role == "index":
        (file,) = (each for each in file.parent.glob("*.index.json") if A in each.read_text())
    file.write_bytes(file.read_bytes()[:-20])
    assert_untrusted(workshop.rack(), "cannot trust feed .*; ")


def test_feed_is_untrusted_when_another_publisher_signed_it(workshop, tmp_path):
    rack = workshop.rack()
    assert versions(rack) == []
    for directory in ("keys", "feed/metadata", "feed/targets"):
        (tmp_path / directory).rename(tmp_path / f"old-{directory.replace('/', '-')}")
    workshop.publisher.init()
    workshop.publish(A)
    assert_untrusted(rack, "not signed by enough of those whom this rack trusts")


def test_racks_follow_when_the_keys_are_rotated(workshop, tmp_path):
    rack = workshop.rack()
    workshop.publish(A)
    assert versions(rack) == [A]
    workshop.publisher.rotate(tmp_path / "newer keys")
    (tmp_path / "keys").rename(tmp_path / "lost keys")
    (tmp_path / "newer keys").rename(tmp_path / "keys")
    workshop.publish(B)
    assert versions(rack) == [A, B]
    assert versions(workshop.rack("new rack")) == [A, B]


def test_old_keys_are_not_believed_when_they_were_rotated_away(workshop, tmp_path):
    rack = workshop.rack()
    kept = replace(workshop.publisher, feed=workshop.keep())
    workshop.publisher.rotate(tmp_path / "newer keys")
    assert versions(rack) == []
    kept.publish([workshop.build(A)], lambda release: entry_for(release, now=workshop.clock.now()))
    kept.sign()
    workshop.put_back("metadata/timestamp.json")
    assert_untrusted(rack, "not signed by enough of those whom this rack trusts")


def test_root_shows_who_may_sign_when_a_rack_is_to_be_installed(workshop, tmp_path):
    root = asyncio.run(first_root(workshop.url))
    assert root == (workshop.feed / "metadata" / "1.root.json").read_bytes()
    assert len(fingerprint(root)) == 64
    with pytest.raises(FeedUntrusted, match="not TUF metadata"):
        fingerprint(b"<html>")
    with pytest.raises(FeedUnreachable):
        asyncio.run(first_root(f"{workshop.url}/elsewhere"))
