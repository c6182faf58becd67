"""What a publisher types, and what it makes of a feed."""

import json
import threading
import urllib.request

import pytest

from convox.feedtool.command import main
from convox.feedtool.serving import folder_server

A, B, C, D = (f"2026010{number}000000" for number in range(1, 5))


@pytest.fixture
def feed(workshop):
    return workshop.feed


@pytest.fixture
def published(workshop, typed, feed):
    """A feed with the four releases of a change in two steps."""
    releases = [
        workshop.build(version, epochs=epochs)
        for version, epochs in ((A, "1"), (B, "12"), (C, "12"), (D, "2"))
    ]
    assert typed("publish", feed, *releases, "--keys", workshop.home / "keys")[0] == 0
    return feed


def keys(workshop):
    return ("--keys", workshop.home / "keys")


def test_list_says_why_when_a_release_is_required(published, typed):
    status, text = typed("list", published)
    assert status == 0
    assert text.splitlines() == [
        "VERSION         PUBLISHED  CHANNELS  REQUIRED          NOTES",
        f"{A}  yes        stable    no                notes of {A}",
        f"{B}  yes        stable    usage 2 beside 1  notes of {B}",
        f"{C}  yes        stable    no                notes of {C}",
        f"{D}  yes        stable    no                notes of {D}",
    ]


def test_list_says_the_same_when_asked_for_json(published, typed):
    found = json.loads(typed("list", published, "--json")[1])
    assert [row["required"] for row in found] == [False, True, False, False]
    assert found[1]["why"] == "usage 2 beside 1"
    assert set(found[0]["channels"]) == {"stable"}


def test_check_finds_nothing_when_the_feed_is_good(published, typed):
    status, text = typed("check", published)
    assert (status, "4 releases, 5 artifacts, 0 errors" in text) == (0, True)
    report = json.loads(typed("check", published, "--json")[1])
    assert report["troubles"] == []
    assert len(report["root"]) == 64


def test_check_fails_when_an_artifact_is_damaged_or_missing(published, typed):
    first, second, *_ = sorted((published / "artifacts").iterdir())
    first.write_bytes(b"")
    second.unlink()
    status, text = typed("check", published)
    assert status == 1
    assert "it has 0 bytes instead of" in text
    assert "it is missing" in text


def test_check_fails_when_a_signature_does_not_verify(published, typed):
    file = published / "metadata" / "timestamp.json"
    file.write_bytes(file.read_bytes().replace(b'"version":2', b'"version":3'))
    status, text = typed("check", published)
    assert status == 1
    assert "cannot trust feed" in text


def test_publish_is_refused_when_a_release_removes_what_nobody_replaced(workshop, typed, feed):
    one, two = workshop.build(A), workshop.build(B, epochs="2")
    assert typed("publish", feed, one, *keys(workshop))[0] == 0
    status, text = typed("publish", feed, two, *keys(workshop))
    assert status == 1
    assert f"release {B} cannot be reached: it cannot read what {A} keeps (usage)" in text
    assert B not in typed("list", feed)[1]


def test_publish_is_refused_when_the_version_has_other_content(workshop, typed, feed):
    one, other = workshop.build(A), workshop.build(A, content="other")
    assert typed("publish", feed, one, *keys(workshop))[0] == 0
    status, text = typed("publish", feed, other, *keys(workshop))
    assert (status, "has this version with other content" in text) == (1, True)


@pytest.mark.parametrize("how", [(), ("--insert",), ("--channel", "edge")])
def test_publish_is_refused_when_the_release_is_there_so_that_nothing_is_unsaid(
    workshop, typed, feed, how
):
    one = workshop.build(A)
    assert typed("publish", feed, one, *keys(workshop))[0] == 0
    assert typed("withdraw", feed, A, "--reason", "loses logs", *keys(workshop))[0] == 0
    before = typed("list", feed)
    status, text = typed("publish", feed, one, *how, *keys(workshop))
    assert (status, "the feed has it already; say more of it with promote" in text) == (1, True)
    assert typed("list", feed) == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--channel", "a b"), "in 'a b': it must be the name of a channel"),
        (("--supersedes", "20250101000000"), "the feed has no such release"),
        (("--supersedes", B), "only a newer release can stand in its place"),
    ],
)
def test_publish_is_refused_when_what_is_to_be_said_has_no_sense(workshop, typed, feed, words, why):
    typed("publish", feed, workshop.build(B), *keys(workshop))
    built = workshop.build(A)
    status, text = typed("publish", feed, built, "--insert", *words, *keys(workshop))
    assert (status, why in text) == (1, True)
    assert A not in typed("list", feed)[1]


@pytest.mark.parametrize("days", ["0", "-1", "366"])
def test_a_feed_is_signed_for_a_year_at_most(workshop, typed, feed, days):
    status, text = typed("sign", feed, "--days", days, *keys(workshop))
    assert (status, "give 1 to 365; a rack can be kept" in text) == (1, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("{home}/none",), "there is no feed; make one with init"),
        (("{feed}", "--port", "{taken}"), "Address already in use; give another --port"),
        (("{feed}", "--port", "99999"), "port must be 0-65535.; give another --port, or 0 for any"),
    ],
)
def test_a_feed_is_not_served_where_that_cannot_be(workshop, typed, feed, words, why):
    with folder_server(feed, 0) as server:
        values = {"home": workshop.home, "feed": feed, "taken": server.server_port}
        status, text = typed("serve", *(word.format(**values) for word in words))
    assert (status, text.startswith("ERROR: cannot serve "), why in text) == (1, True, True)


def test_what_the_machine_refuses_is_said_with_its_place(workshop, typed, published, tmp_path):
    place = tmp_path / "none" / "up.bundle"
    words = ("--from", A, "--to", B, "--out", place)
    assert typed("bundle", published, *words)[1] == (
        f"ERROR: cannot use {place.parent}: No such file or directory; check the name, and who may"
        " use it\n"
    )


def test_a_picture_is_not_drawn_where_there_is_no_folder(workshop, typed, feed, tmp_path):
    place = tmp_path / "none" / "feed.svg"
    status, text = typed("graph", feed, "--svg", place)
    assert status == 1
    assert f"cannot write {place}: No such file or directory; name a file in a folder" in text


def test_older_release_is_refused_when_it_is_not_inserted(workshop, typed, feed):
    older, newer = workshop.build(A), workshop.build(B)
    typed("publish", feed, newer, *keys(workshop))
    status, text = typed("publish", feed, older, *keys(workshop))
    assert (status, "insert it on purpose (--insert)" in text) == (1, True)
    assert typed("publish", feed, older, "--insert", *keys(workshop))[0] == 0


@pytest.mark.parametrize("damage", ["change", "remove", "forget"])
def test_publish_is_refused_when_the_built_release_is_damaged(workshop, typed, feed, damage):
    release = workshop.build(A)
    if damage == "change":
        (release / "own.whl").write_text("another")
    else:
        (release / ("own.whl" if damage == "remove" else "release.json")).unlink()
    status, text = typed("publish", feed, release, *keys(workshop))
    assert (status, text.startswith("ERROR: cannot publish")) == (1, True)


def test_marks_are_kept_when_a_release_is_published_with_them(workshop, typed, feed):
    one, two, three = (workshop.build(version) for version in (A, B, C))
    typed("publish", feed, one, *keys(workshop))
    typed("publish", feed, two, "--required", "--channel", "edge", *keys(workshop))
    typed("publish", feed, three, "--unpublished", "--supersedes", A, *keys(workshop))
    rows = {row["version"]: row for row in json.loads(typed("list", feed, "--json")[1])}
    assert set(rows[B]["channels"]) == {"edge"}
    assert (rows[C]["published"], rows[C]["supersedes"]) == (False, A)


def test_stop_is_not_withdrawn_when_others_need_it(workshop, typed, feed):
    for version, epochs in ((A, "1"), (B, "12"), (D, "2")):
        release = workshop.build(version, epochs=epochs)
        assert typed("publish", feed, release, *keys(workshop))[0] == 0
    status, text = typed("withdraw", feed, B, "--reason", "broken", *keys(workshop))
    assert (status, f"release {D} cannot be reached" in text) == (1, True)


def test_withdrawn_and_required_are_shown_when_they_were_set(workshop, typed, published):
    words = ("withdraw", published, C, "--reason", "loses logs", *keys(workshop))
    assert typed(*words)[0] == 0
    assert typed("require", published, D, *keys(workshop))[0] == 0
    text = typed("list", published)[1]
    assert "withdrawn: loses logs" in text
    assert "marked by the publisher" in text
    assert typed("withdraw", published, "1", "--reason", "x", *keys(workshop))[0] == 1


def test_feed_is_not_made_when_there_is_one(workshop, typed, feed, tmp_path):
    status, text = typed("init", feed, "--keys", tmp_path / "other")
    assert (status, "there is one already" in text) == (1, True)
    assert not (tmp_path / "other").exists()


def test_feed_is_good_when_it_was_signed_and_rotated(workshop, typed, published, tmp_path):
    assert typed("sign", published, *keys(workshop))[0] == 0
    new = tmp_path / "new"
    assert typed("keys", "rotate", published, *keys(workshop), "--new-keys", new)[0] == 0
    assert typed("check", published)[0] == 0
    assert typed("sign", published, "--keys", tmp_path / "none")[0] == 1
    assert oct((new / "root.pem").stat().st_mode)[-3:] == "600"


def test_usage_is_shown_when_the_line_has_no_sense(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["publish"])
    assert ended.value.code == 2
    assert "usage: convox-feed publish" in capsys.readouterr().err


def test_server_sends_the_rest_when_asked_for_a_range(tmp_path):
    (tmp_path / "file").write_bytes(b"0123456789")
    (tmp_path / ".lock").write_bytes(b"")
    with folder_server(tmp_path, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            request = urllib.request.Request(f"{url}/file", headers={"Range": "bytes=4-"})
            with urllib.request.urlopen(request) as answer:
                assert (answer.status, answer.read()) == (206, b"456789")
                assert answer.headers["Content-Range"] == "bytes 4-9/10"
            for path in ("", ".lock", "../etc/passwd", "none"):
                with pytest.raises(urllib.error.HTTPError, match="404"):
                    urllib.request.urlopen(f"{url}/{path}")
        finally:
            server.shutdown()
            thread.join()
