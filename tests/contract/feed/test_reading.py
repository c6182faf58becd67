"""What a rack reads of a feed: no more than it needs, and only what its signatures name."""

import asyncio
from dataclasses import replace

import pytest

from convox.errors import FeedUnreachable, FeedUntrusted
from convox.feed.amendments import withdrawn
from convox.feed.index import entry_for
from convox.feed.pages import paginate, parse_head
from convox.feed.release import Surface

VERSIONS = [f"202601{day:02}000000" for day in range(1, 28)] + [
    f"202602{day:02}000000" for day in range(1, 28)
]
A, B = VERSIONS[:2]
NEWEST = VERSIONS[-1]


@pytest.fixture
def many(workshop):
    """The feed with releases enough for two pages."""
    now = workshop.clock.now()
    built = [workshop.build(version) for version in VERSIONS]
    workshop.publisher.publish(built, lambda release: entry_for(release, now=now))
    return workshop


def refreshed(client, since=""):
    return asyncio.run(client.refresh(since))


def pages(workshop):
    """Return the files of the index's pages in the feed, the oldest first."""
    index = refreshed(workshop.rack("reader"))
    return [workshop.feed / "documents" / page.content.sha256 for page in paginate(index)]


def test_a_rack_reads_only_the_pages_from_its_own_release_on(many):
    older, newer = pages(many)
    older.unlink()
    seen = [entry.version for entry in refreshed(many.rack(), NEWEST).entries]
    assert seen == VERSIONS[32:]
    assert asyncio.run(many.rack().release(NEWEST)).version == NEWEST
    with pytest.raises(FeedUnreachable, match=f"the page of the index from {A} on"):
        refreshed(many.rack(), A)
    assert newer.exists()


def test_a_page_that_was_read_is_not_asked_for_again(many):
    rack = many.rack()
    assert len(refreshed(rack).entries) == len(VERSIONS)
    for file in (many.feed / "documents").iterdir():
        file.unlink()
    assert len(refreshed(rack).entries) == len(VERSIONS)


def test_pages_that_the_index_has_no_more_are_dropped(many):
    rack = many.rack()
    refreshed(rack)
    before = {file.name for file in (many.home / "rack" / "pages").iterdir()}
    many.publisher.amend(NEWEST, "withdraw", lambda entry, _: withdrawn(entry, "broken"))
    refreshed(rack)
    after = {file.name for file in (many.home / "rack" / "pages").iterdir()}
    assert len(before) == len(after) == 2
    assert len(before & after) == 1


def test_what_another_control_plane_is_writing_is_left_alone(many):
    draft = many.home / "rack" / "pages" / ".page.draft"
    refreshed(many.rack())
    draft.touch()
    refreshed(many.rack())
    assert draft.exists()


def test_a_mark_is_refused_when_it_was_forged(workshop):
    workshop.publish(A)
    workshop.publish(B, required=True)
    rack = workshop.rack()
    assert refreshed(rack).find(B).required
    forged = replace(refreshed(rack).find(B), required=False)
    ((page, stored),) = paginate(refreshed(rack).put(forged)).items()
    (there,) = pages(workshop)
    there.write_bytes(stored)
    assert page.content.sha256 != there.name
    said = f"the page of the index from {A} on is not the one that was signed, it may be forged"
    with pytest.raises(FeedUntrusted, match=said):
        refreshed(workshop.rack("another"))
    assert refreshed(rack).find(B).required


def test_a_document_is_refused_when_it_was_changed(workshop):
    workshop.publish(A)
    entry = refreshed(workshop.rack()).find(A)
    file = workshop.feed / "documents" / entry.document.sha256
    file.write_bytes(file.read_bytes().replace(b"notes", b"votes"))
    said = f"the document of {A} is not the one that was signed, it may be forged"
    with pytest.raises(FeedUntrusted, match=said):
        asyncio.run(workshop.rack().release(A))
    assert not (workshop.home / "rack" / "releases").exists()


def test_a_release_is_refused_when_the_index_lies_about_its_surfaces(workshop):
    other = frozenset({7})
    workshop.publish(A, surfaces={"usage": Surface(reads=other, writes=other)})
    with pytest.raises(FeedUntrusted, match=f"what its index says of {A} is not what the release"):
        asyncio.run(workshop.rack().release(A))


def test_no_more_is_read_than_was_named(many):
    _, newer = pages(many)
    newer.write_bytes(newer.read_bytes() + b"x" * 50_000_000)
    with pytest.raises(FeedUntrusted, match="is not the one that was signed"):
        refreshed(many.rack())


def test_the_head_is_all_that_is_signed(many):
    heads = [parse_head(file.read_bytes()) for file in (many.feed / "targets").iterdir()]
    assert sorted(len(head.pages) for head in heads) == [0, 2]
