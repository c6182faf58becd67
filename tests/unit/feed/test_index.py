"""The stored form of the index, and what is said about a wrong one."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from convox.errors import FeedUntrusted
from convox.feed.condition import Condition, Match
from convox.feed.index import STABLE, Entry, Index, entry_for
from convox.feed.pages import (
    Head,
    joined,
    paginate,
    parse_head,
    parse_page,
    serialise_head,
)
from convox.feed.ramp import Ramp
from convox.feed.release import RackRelease, Surface

NOW = datetime(2026, 1, 15, 13, 37, 22, tzinfo=UTC)


def entry(version: str, **marks) -> Entry:
    one = frozenset({1})
    release = RackRelease(
        version=version,
        notes="",
        surfaces={"state": Surface(reads=one, writes=one)},
        images={},
        artifacts=(),
    )
    return replace(entry_for(release, now=NOW), **marks)


def read(pages) -> Index:
    return joined(parse_page(page, stored) for page, stored in pages.items())


def reread(*changes: dict) -> Index:
    """Return an index whose only page was changed by hand."""
    ((page, stored),) = paginate(Index(entries=(entry("20260115000000"),))).items()
    whole = json.loads(gzip.decompress(stored))
    entries = [{**whole["entries"][0], **each} for each in changes]
    changed = gzip.compress(json.dumps({**whole, "entries": entries}).encode())
    return read({replace(page, first=entries[0]["version"]): changed})


def test_index_is_the_same_when_it_was_stored():
    created = NOW
    frost = Condition(
        name="frost",
        why="it forgets apps",
        origins=("20260115133722",),
        matches=(Match(fact="python", values=("<3.12",)),),
    )
    entries = (
        entry("20260115133722", withdrawn="broken"),
        entry("20260116000000", supersedes="20260115133722"),
        entry(
            "20260117000000",
            required=True,
            security=True,
            channels={"edge": created, STABLE: created},
            ramp=Ramp(percent=12.5, since=created, until=created + timedelta(days=2)),
            conditions=(frost,),
        ),
        entry("20260118000000", published=False),
    )
    assert read(paginate(Index(entries=entries))) == Index(entries=entries)


@pytest.mark.parametrize(
    ("versions", "reason"),
    [
        (["20260116000000", "20260115000000"], "not in order"),
        (["20260116000000", "20260116000000"], "not in order"),
        (["1"], "version '1' is not 14 digits"),
    ],
)
def test_index_is_refused_when_its_versions_are_wrong(versions, reason):
    with pytest.raises(FeedUntrusted, match=reason):
        reread(*({"version": version} for version in versions))


@pytest.mark.parametrize(
    "wrong", [{"percent": 101}, {"percent": -1}, {"until": "2026-01-15T13:37:22Z"}]
)
def test_index_is_refused_when_a_ramp_has_no_sense(wrong):
    ramp = {"percent": 1, "since": "2026-01-15T13:37:22Z", **wrong}
    with pytest.raises(FeedUntrusted, match="the ramp of 20260115000000 is not"):
        reread({"ramp": ramp})


@pytest.mark.parametrize("time", ["2026-01-15T13:37:22", "9999-12-31T00:00:00Z"])
@pytest.mark.parametrize("member", ["created", "channels", "ramp"])
def test_index_is_refused_when_no_rack_could_reckon_with_a_time(member, time):
    wrong = {
        "created": time,
        "channels": {STABLE: time},
        "ramp": {"percent": 1, "since": "2026-01-15T13:37:22Z", "until": time},
    }
    with pytest.raises(FeedUntrusted, match="a time of 20260115000000 has no zone, or lies beyond"):
        reread({member: wrong[member]})


def test_index_is_refused_when_a_release_supersedes_a_newer_one():
    with pytest.raises(FeedUntrusted, match="supersedes a newer release"):
        reread({"supersedes": "20260116000000"})


VERSIONS = [f"202601{day:02}{hour:02}0000" for day in range(1, 11) for hour in range(10)]
MANY = Index(entries=tuple(entry(version) for version in VERSIONS))


def test_who_runs_a_release_reads_no_more_than_the_pages_from_its_own_on():
    pages = paginate(MANY)
    head = parse_head(serialise_head(pages))
    assert len(head.pages) == 4
    for version in (*VERSIONS, "20251231000000", "20260115000000"):
        found = head.since(version)
        seen = [each.version for each in read({page: pages[page] for page in found}).entries]
        assert [each for each in seen if each >= version] == [
            each for each in VERSIONS if each >= version
        ]
        assert sum(each < version for each in seen) < 32
    assert Head(pages=()).since("20260115000000") == ()


def test_a_new_release_changes_the_last_page_alone():
    before = paginate(Index(entries=MANY.entries[:-1]))
    after = paginate(MANY)
    assert list(before)[:-1] == list(after)[:-1]
    assert list(before)[-1] != list(after)[-1]


def test_the_same_index_has_the_same_bytes():
    assert list(paginate(MANY).values()) == list(paginate(MANY).values())


@pytest.mark.parametrize(
    "wrong",
    [b"", b"{}", gzip.compress(b"{}"), gzip.compress(b" " * 2**21)],
    ids=["empty", "not packed", "no page", "too large"],
)
def test_a_page_is_refused_when_it_is_none(wrong):
    (page, *_) = paginate(MANY)
    with pytest.raises(FeedUntrusted, match="cannot read page of the index from 2026"):
        parse_page(page, wrong)


def test_pages_are_refused_when_one_stands_in_the_place_of_another():
    first, second, *_ = paginate(MANY).items()
    with pytest.raises(FeedUntrusted, match="it begins with another release"):
        parse_page(first[0], second[1])
    with pytest.raises(FeedUntrusted, match="not in order"):
        read(dict([second, first]))
    with pytest.raises(FeedUntrusted, match="its pages are not in order"):
        parse_head(serialise_head([second[0], first[0]]))


def test_an_index_is_refused_when_its_form_is_newer_than_what_is_known():
    head = json.loads(serialise_head(paginate(MANY)))
    with pytest.raises(FeedUntrusted, match="it has form 3, and this release knows up to 2"):
        parse_head(json.dumps({**head, "format": 3}).encode())
    with pytest.raises(FeedUntrusted, match="missing required field"):
        parse_head(b'{"format": 2}')
