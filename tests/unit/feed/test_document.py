"""The stored form of releases, and what is said about a wrong one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox.errors import FeedUntrusted, InvalidInput
from convox.feed.document import check_version, is_version, parse_release, serialise_release
from convox.feed.release import Artifact, HostNeeds, RackRelease, Redeploy, Surface

RELEASE = RackRelease(
    version="20260115133722",
    notes="Größer — and faster",
    surfaces={
        "usage": Surface(reads=frozenset({2, 1}), writes=frozenset({1, 2})),
        "agent": Surface(reads=frozenset({1}), writes=frozenset({1})),
    },
    images={"local": "img-0123456789ab"},
    artifacts=(Artifact(name="a.whl", size=3, sha256="ab" * 32),),
    components=("meter-0123456789ab",),
    redeploy=(Redeploy(feature="timers", reason="the manifest is read at build time"),),
    needs=HostNeeds(python="3.12", disk=1),
)

WRONG = {
    "not JSON": ("", "truncated"),
    "no object": ("[]", "Expected `object`, got `array`"),
    "no form": ("{}", "missing required field `format`"),
    "a newer form": ('{"format": 2}', "it has form 2"),
    "no version": ('{"format": 1}', "missing required field"),
}

CHANGES = {
    "version": ("2026", "$.version '2026' is not 14 digits"),
    "notes": (7, "Expected `str`, got `int` - at `$.notes`"),
    "surfaces": ({}, "$.surfaces is empty"),
    "images": ({"local": 7}, "Expected `str`, got `int` - at `$.images[...]`"),
    "needs": ({"python": "3"}, "$.needs.python '3' is not of the form 3.11"),
    "components": ("meter", "Expected `array`, got `str` - at `$.components`"),
}

ARTIFACT_CHANGES = {
    "name": (["", ".", "..", "a/b", "/etc/passwd", "a\0b"], "the name is not plain"),
    "size": ([-1], "the size is negative"),
    "sha256": (["ab", "AB" * 32, "../" * 21 + "x"], "sha256 is not 64 hexadecimal digits"),
}

SURFACE_CHANGES = [
    ({"reads": [], "writes": [1]}, "$.surfaces.agent.reads is empty"),
    ({"reads": [1], "writes": []}, "$.surfaces.agent.writes is empty"),
    ({"reads": [1], "writes": [2]}, "$.surfaces.agent: the release could not read"),
    ({"reads": ["1"], "writes": [1]}, "Expected `int`, got `str` - at `$.surfaces[...].reads[0]`"),
    ({"reads": [1]}, "missing required field `writes`"),
]


def changed(**members) -> bytes:
    return json.dumps({**json.loads(serialise_release(RELEASE)), **members}).encode()


def assert_refused(content: bytes, reason: str) -> None:
    with pytest.raises(FeedUntrusted) as refusal:
        parse_release(content)
    assert str(refusal.value).startswith("cannot read release document: ")
    assert reason in str(refusal.value)


def test_release_is_the_same_when_it_was_stored():
    assert parse_release(serialise_release(RELEASE)) == RELEASE


def test_document_is_canonical_when_it_is_written():
    content = serialise_release(RELEASE)
    again = json.dumps(
        json.loads(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert content.decode() == again
    assert json.loads(content)["surfaces"]["usage"]["reads"] == [1, 2]


def test_unknown_members_are_passed_over_when_a_newer_publisher_adds_them():
    assert parse_release(changed(colour="blue")) == RELEASE


@pytest.mark.parametrize(("content", "reason"), WRONG.values(), ids=WRONG)
def test_content_is_refused_when_it_is_no_document(content, reason):
    assert_refused(content.encode(), reason)


@pytest.mark.parametrize(("member", "change"), CHANGES.items(), ids=CHANGES)
def test_refusal_names_the_member_when_it_is_wrong(member, change):
    value, reason = change
    assert_refused(changed(**{member: value}), reason)


@pytest.mark.parametrize("member", ARTIFACT_CHANGES)
def test_refusal_names_the_artifact_when_it_is_wrong(member):
    values, reason = ARTIFACT_CHANGES[member]
    good = {"name": "a.whl", "size": 3, "sha256": "ab" * 32}
    for value in values:
        assert_refused(changed(artifacts=[{**good, member: value}]), reason)


@pytest.mark.parametrize(("surface", "reason"), SURFACE_CHANGES)
def test_refusal_names_the_surface_when_it_is_wrong(surface, reason):
    assert_refused(changed(surfaces={"agent": surface}), reason)


def test_artifact_is_refused_when_another_has_its_name():
    twice = [{"name": "a.whl", "size": 3, "sha256": "ab" * 32}] * 2
    assert_refused(changed(artifacts=twice), "$.artifacts has a name twice")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_nothing_but_a_refusal_comes_back_when_the_content_is_any_bytes(content):
    with pytest.raises(FeedUntrusted):
        parse_release(content)


@given(st.data())
def test_nothing_but_a_refusal_comes_back_when_any_member_is_any_value(data):
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=5,
    )
    member = data.draw(st.sampled_from(sorted(json.loads(serialise_release(RELEASE)))))
    try:
        found = parse_release(changed(**{member: data.draw(values)}))
    except FeedUntrusted:
        return
    assert parse_release(serialise_release(found)) == found


@pytest.mark.parametrize("text", ["", "1", "latest", "2026011513372", "202601151337222", "２" * 14])
def test_version_is_refused_when_it_is_not_fourteen_digits(text):
    assert not is_version(text)
    with pytest.raises(InvalidInput, match="14 digits"):
        check_version(text)
