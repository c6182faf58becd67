"""The stored form of the index, and what is said about a wrong one."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from convox.errors import FeedUntrusted
from convox.feed.condition import Condition, Match
from convox.feed.index import STABLE, Entry, Index, entry_for, parse_index, serialise_index
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


def stored(*changes: dict) -> bytes:
    """Return an index whose entries were changed by hand."""
    whole = json.loads(serialise_index(Index(entries=(entry("20260115000000"),))))
    entries = [{**whole["entries"][0], **each} for each in changes]
    return json.dumps({**whole, "entries": entries}).encode()


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
    assert parse_index(serialise_index(Index(entries=entries))) == Index(entries=entries)


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
        parse_index(stored(*({"version": version} for version in versions)))


@pytest.mark.parametrize(
    "wrong", [{"percent": 101}, {"percent": -1}, {"until": "2026-01-15T13:37:22Z"}]
)
def test_index_is_refused_when_a_ramp_has_no_sense(wrong):
    ramp = {"percent": 1, "since": "2026-01-15T13:37:22Z", **wrong}
    with pytest.raises(FeedUntrusted, match="the ramp of 20260115000000 is not"):
        parse_index(stored({"ramp": ramp}))


def test_index_is_refused_when_a_release_supersedes_a_newer_one():
    with pytest.raises(FeedUntrusted, match="supersedes a newer release"):
        parse_index(stored({"supersedes": "20260116000000"}))
