"""Whoever sends too slowly, or without end, is broken off: no server can hold a rack."""

import asyncio

import pytest
from tests.contract.feed.conftest import Workshop
from tests.contract.feed.wicked import HEAD, answering, endless, once, silent, trickle

from convox.errors import FeedError, FeedUnreachable
from convox.feed.fetch import FeedClient, first_root
from convox.feed.release import Artifact
from convox.host.paced import Pace

QUICK = Pace(window=0.3, least=10_000)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
AWAY = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"

ENDLESS = {
    "heads": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "what follows the last piece": endless(CHUNKED + b"0\r\n", b"More: and more\r\n"),
}


@pytest.fixture
def feed(tmp_path):
    (tmp_path / "feed").mkdir()
    made = Workshop(home=tmp_path, url=str(tmp_path / "feed"))
    made.publisher.init()
    return made


def client(feed, url: str) -> FeedClient:
    feed.rack()
    return FeedClient(url, feed.home / "rack", feed.store, pace=QUICK)


SLOW = {"a head": trickle(HEAD), "a body": trickle(HEAD + b"x" * 1000), "nothing": silent}


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_feed_is_given_up_when_it_is_too_slow(feed, answer):
    with answering(answer) as url:
        slow = client(feed, url)
        with pytest.raises(
            FeedUnreachable, match=r"cannot reach feed .*: it is too slow: .* bytes"
        ):
            asyncio.run(slow.refresh())


def test_artifact_is_given_up_when_it_is_too_slow(feed):
    artifact = Artifact(name="a.whl", size=1_000_000, sha256="0" * 64)
    with answering(trickle(HEAD)) as url:
        slow = client(feed, url)
        with pytest.raises(FeedUnreachable, match=r"cannot fetch a.whl .*: it is too slow: "):
            asyncio.run(slow.fetch(artifact))


@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS)
def test_feed_is_given_up_when_its_answer_has_no_end(feed, answer):
    with answering(answer) as url, pytest.raises(FeedUnreachable, match="its answer has no end"):
        asyncio.run(client(feed, url).refresh())


def test_feed_is_untrusted_when_a_file_has_no_end(feed):
    with (
        answering(endless(HEAD, b" " * 65536)) as url,
        pytest.raises(FeedError, match=r"a file is longer than it may be: .* length of 524288"),
    ):
        asyncio.run(client(feed, url).refresh())


def test_what_a_server_says_when_it_sends_elsewhere_is_not_read(feed):
    refused = pytest.raises(FeedUnreachable, match="refused")
    with answering(endless(AWAY, b" " * 65536)) as url, refused:
        asyncio.run(client(feed, url).refresh())


@pytest.mark.parametrize("place", [b"http://[", b"http://h\xe9.test/"])
def test_a_mirror_is_given_up_when_it_leads_to_what_is_no_address(feed, place):
    artifact = Artifact(name="a.whl", size=1000, sha256="0" * 64)
    away = b"HTTP/1.1 302 Found\r\nLocation: " + place + b"\r\n\r\n"
    with answering(once(away)) as url, pytest.raises(FeedUnreachable, match="or leads to none"):
        asyncio.run(client(feed, url).fetch(artifact))


def test_root_is_refused_when_it_has_no_end():
    refused = pytest.raises(FeedError, match=r"root of feed .*: it is longer than 524,288 bytes")
    with answering(endless(HEAD, b" " * 65536)) as url, refused:
        asyncio.run(first_root(url))


def test_root_is_refused_when_it_is_no_file(tmp_path):
    (tmp_path / "metadata" / "1.root.json").mkdir(parents=True)
    with pytest.raises(FeedUnreachable, match=r"1.root.json is not a file"):
        asyncio.run(first_root(str(tmp_path)))
