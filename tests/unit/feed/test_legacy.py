"""Convox's own list of versions: letters, ``!`` required, ``?`` not published, in its order."""

import json

import pytest

from convox.errors import FeedUnreachable, FeedUntrusted, InvalidInput, NotFound, Refused
from convox.feed.legacy import hops, parse_list, read_list


def parsed(text: str):
    return parse_list(
        json.dumps(
            [
                {
                    "version": word[0],
                    "description": "",
                    "published": "?" not in word,
                    "required": "!" in word,
                }
                for word in text.split()
            ]
        ).encode()
    )


@pytest.mark.parametrize(
    ("versions", "running", "target", "path"),
    [
        ("A B C!", "A", None, "C"),
        ("A B C! D", "A", None, "C D"),
        ("A B C! D", "A", "B", "B"),
        ("A B! C! D", "A", "D", "B C D"),
        ("A B C! D!? E F", "A", None, "C F"),
        ("A B C! D!? E F", "D", None, "F"),
        ("A C B", "A", None, "B"),
        ("A B C", "A", "B", "B"),
        ("B C D", "A", None, "D"),
        ("A C!", "B", None, "C"),
    ],
)
def test_the_way_is_the_one_that_convox_takes(versions, running, target, path):
    found = hops(parsed(versions), running, target)
    assert " ".join(each.version for each in found) == path


def test_there_is_no_way_when_nothing_newer_is_published():
    with pytest.raises(Refused, match="nothing newer than B"):
        hops(parsed("A B C?"), "B", None)
    with pytest.raises(NotFound, match="no such release after B"):
        hops(parsed("A B C"), "B", "A")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'[{"published": true}]',
        b'[{"version": 7}]',
        b'[{"version":"\xff"}]',
        b'[{"version":"1","x":' + b"[" * 50_000,
    ],
)
def test_a_list_is_refused_when_it_is_none(content):
    with pytest.raises(FeedUntrusted, match="cannot read the list of versions"):
        parse_list(content)


def test_a_list_is_read_from_the_web_alone(tmp_path):
    with pytest.raises(InvalidInput, match="must be an address for HTTP"):
        read_list(str(tmp_path))
    with pytest.raises(FeedUnreachable, match="cannot read list http"):
        read_list("http://127.0.0.1:1/versions.json")


def test_what_a_terminal_would_obey_is_not_shown():
    (release,) = parse_list(b'[{"version": "A\\u001b[2J", "description": "\\u202eevil\\n"}]')
    assert (release.version, release.description) == ("A [2J", " evil ")
