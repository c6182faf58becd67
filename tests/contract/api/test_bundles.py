"""A rack without a network updates from a file, after the same checks as with one."""

import asyncio
import hashlib
import io
import tarfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.contract.api.rack import NEXT, VERSION, ApiRack, run
from tests.contract.feed.conftest import Workshop

from convox.audit.entry import Kind
from convox.audit.history import entries
from convox.errors import HostError, Refused
from convox.feed.bundling import make_bundle
from convox.feed.index import STABLE
from convox.testing.disk import NoDisk, small_disk

LATER = "20260301000000"


async def bundle(made: ApiRack, target: str = NEXT, origin: str = VERSION) -> bytes:
    out = made.home / f"{target}.bundle"
    await make_bundle(made.feed.feed, origin, target, out, channel=STABLE)
    return out.read_bytes()


def go_offline(made: ApiRack) -> None:
    made.feed.feed.rename(made.home / "feed far away")


async def take(made: ApiRack, content: bytes, pieces: int = 7):
    size = len(content) // pieces + 1
    chunks = [content[start : start + size] for start in range(0, len(content), size)]
    return await made.client.call("POST", "/system/update/bundle", chunks=chunks)


async def refusal(made: ApiRack, content: bytes, status: int = 502) -> str:
    before = left(made)
    answer = await take(made, content)
    assert answer.status == status, answer.text
    assert left(made) == before
    return answer.text


def left(made: ApiRack) -> set[str]:
    """What is there of bundles."""
    return {file.name for file in (made.home / "known").glob("*bundle*")}


def test_rack_without_a_network_updates_from_a_bundle():
    async def scenario(made: ApiRack) -> None:
        content = await bundle(made)
        go_offline(made)
        planned = await made.client.call("GET", "/system/update/plan")
        assert planned.status == 502
        taken = await take(made, content)
        assert taken.status == 200, taken.text
        assert (taken.json["origin"], taken.json["target"]) == (VERSION, NEXT)
        assert taken.json["size"] > 1000
        plan = await made.client.get("/system/update/plan")
        assert plan["target"] == NEXT
        for part in (await made.feed.rack("known").release(NEXT)).artifacts:
            if part.name == "own.whl":
                await made.feed.rack("known").fetch(part)
                assert made.feed.store.has(part.sha256)
        begun = await made.client.call("POST", "/system/update", {"version": NEXT})
        assert begun.json["state"] == "updating"
        refused = await refusal(made, content, 403)
        assert "cannot take a bundle: an update is under way" in refused

    run(scenario)


def test_who_brought_which_bundle_is_kept_in_the_history():
    async def scenario(made: ApiRack) -> None:
        content = await bundle(made)
        await refusal(made, content[: len(content) // 2])
        assert (await take(made, content)).status == 200
        with made.database.begin() as connection:
            (entry,) = entries(connection, kind=Kind.BUNDLE)
        sha256 = hashlib.sha256(content).hexdigest()
        assert entry.who.startswith("convox (")
        assert entry.text == f"bundle from {VERSION} to {NEXT}, sha256 {sha256}"
        assert entry.detail == {"origin": VERSION, "target": NEXT, "sha256": sha256}

    run(scenario)


def test_a_bundle_does_not_displace_what_an_update_needs_that_began_meanwhile():
    async def scenario(made: ApiRack) -> None:
        whole = await bundle(made)
        assert (await take(made, whole)).status == 200

        async def slowly() -> AsyncIterator[bytes]:
            yield whole[:1000]
            await made.use.updates.start(NEXT, asked_by="a person")
            yield whole[1000:]

        with pytest.raises(Refused, match="an update is under way"):
            await made.use.bundles.take(slowly(), asked_by="ann")

    run(scenario)


def test_a_newer_bundle_stands_in_the_place_of_an_older_one():
    async def scenario(made: ApiRack) -> None:
        assert (await take(made, await bundle(made))).status == 200
        made.feed.publish(LATER)
        content = await bundle(made, LATER)
        go_offline(made)
        assert (await take(made, content)).json["target"] == LATER
        assert left(made) == {"bundle"}
        assert (await made.client.get("/system/update/plan"))["target"] == LATER

    run(scenario)


def test_a_bundle_that_is_cut_short_is_refused():
    async def scenario(made: ApiRack) -> None:
        content = await bundle(made)
        refused = await refusal(made, content[: len(content) // 2])
        assert "cannot use the bundle: it is cut short in " in refused
        assert "copy it again" in refused
        assert "it is cut short in bundle.json" in await refusal(made, b"")

    run(scenario)


def test_a_bundle_does_not_fill_the_disk(tmp_path):
    sent = []

    async def content() -> AsyncIterator[bytes]:
        for number in range(100):
            sent.append(number)
            yield bytes(2**20)

    async def scenario(made: ApiRack) -> None:
        bundles = replace(made.use.bundles, directory=tmp_path)
        with pytest.raises(HostError, match=r"are free, and .* are needed; make room"):
            await bundles.take(content(), asked_by="ann")
        assert (sent, list(tmp_path.iterdir())) == ([0], [])

    try:
        with small_disk(tmp_path, size="8m"):
            run(scenario)
    except NoDisk as error:
        pytest.skip(str(error))


def test_one_bundle_is_taken_at_a_time_and_what_one_left_behind_is_removed():
    async def scenario(made: ApiRack) -> None:
        (made.home / "known" / ".bundle.left" / "feed").mkdir(parents=True)
        whole, goes_on = await bundle(made), asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield whole[:1000]
            await goes_on.wait()
            yield whole[1000:]

        taking = asyncio.create_task(made.use.bundles.take(slowly(), asked_by="ann"))
        await asyncio.sleep(0)
        assert "another one is being taken" in (await take(made, whole)).text
        goes_on.set()
        assert (await taking).target == NEXT
        assert left(made) == {"bundle"}

    run(scenario)


def test_a_bundle_that_is_older_than_what_was_seen_is_refused():
    async def scenario(made: ApiRack) -> None:
        older = await bundle(made)
        made.feed.publish(LATER)
        await made.client.get("/system/update/plan")
        go_offline(made)
        refused = await refusal(made, older)
        assert "cannot use the bundle: cannot trust feed" in refused
        assert "it is not as new as what this rack has seen of it" in refused

    run(scenario)


def test_a_bundle_that_has_expired_is_refused():
    async def scenario(made: ApiRack) -> None:
        content = forged(await bundle(made), expired(made.feed))
        refused = await refusal(made, content)
        assert "it is stale: timestamp.json is expired" in refused
        assert "then have a bundle made anew (convox-feed bundle)" in refused

    run(scenario)


def expired(feed: Workshop) -> bytes:
    """Return the timestamp that the publisher signed two months ago."""
    feed.clock.moment -= timedelta(days=60)
    feed.publisher.sign()
    return (feed.feed / "metadata" / "timestamp.json").read_bytes()


def forged(content: bytes, timestamp: bytes) -> bytes:
    """Return the bundle with another timestamp of the same length, its list mended."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        member = archive.getmember("metadata/timestamp.json")
    assert len(timestamp) == member.size
    end = member.offset_data + member.size
    return content[: member.offset_data] + timestamp + content[end:]


def test_a_bundle_with_a_forged_signature_is_refused():
    async def scenario(made: ApiRack) -> None:
        content = await bundle(made)
        original = (made.feed.feed / "metadata" / "timestamp.json").read_bytes()
        refused = await refusal(made, forged(content, original.replace(b'"2026-', b'"2036-')))
        assert "it is not signed by enough of those whom this rack trusts" in refused

    run(scenario)


def test_a_bundle_for_another_rack_is_refused():
    async def scenario(made: ApiRack) -> None:
        made.feed.publish(LATER)
        refused = await refusal(made, await bundle(made, LATER, NEXT), 403)
        assert f"it leads on from {NEXT}, and this rack runs {VERSION}" in refused
        assert f"--from {VERSION}" in refused

    run(scenario)


def test_what_a_rack_has_seen_is_not_lost_when_a_bundle_is_refused():
    async def scenario(made: ApiRack) -> None:
        seen = Path(made.home / "known" / "metadata" / "timestamp.json").read_bytes()
        await refusal(made, b"x" * 5000)
        assert Path(made.home / "known" / "metadata" / "timestamp.json").read_bytes() == seen
        assert (await made.client.get("/system/update/plan"))["target"] == NEXT

    run(scenario)
