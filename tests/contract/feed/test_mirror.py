"""A copy of a feed: verified, only what is new, and shown as a whole."""

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from convox.errors import FeedUnreachable, FeedUntrusted, Refused
from convox.feed.index import entry_for
from convox.feed.mirror import Mirror
from convox.feedtool.command import main

A, B, C = "20260101000000", "20260102000000", "20260103000000"


@pytest.fixture
def copy(tmp_path):
    return tmp_path / "copy"


@pytest.fixture
def mirrored(workshop, copy):
    """Bring the copy up to date; return how many files that took."""

    def update():
        mirror = Mirror(workshop.url, copy)
        mirror.update()
        return mirror.files

    return update


def seen(workshop, copy, name="reader"):
    rack = replace(workshop, url=str(copy)).rack(name)
    return [entry.version for entry in asyncio.run(rack.refresh()).entries]


def test_racks_read_the_copy_when_it_was_made(workshop, mirrored, copy, capsys):
    workshop.publish(A)
    assert main(["mirror", workshop.url, str(copy)]) == 0
    text = capsys.readouterr().out
    assert f"Mirrored 1 releases to {copy}: 9 files" in text
    assert seen(workshop, copy) == [A]
    assert main(["check", str(copy)]) == 0


def test_only_what_is_new_is_brought_when_there_is_a_copy(workshop, mirrored, copy):
    workshop.publish(A)
    mirrored()
    assert mirrored() == 0
    workshop.publish(B)
    new = {"artifact", "document", "page", "head", "targets", "snapshot", "timestamp"}
    assert mirrored() == len(new)
    assert seen(workshop, copy) == [A, B]
    workshop.publisher.sign()
    assert mirrored() == 1


def test_the_copy_follows_when_the_keys_were_rotated(workshop, mirrored, copy, tmp_path):
    workshop.publish(A)
    mirrored()
    assert seen(workshop, copy) == [A]
    workshop.publisher.rotate(tmp_path / "newer")
    mirrored()
    assert seen(workshop, copy) == [A]
    assert (copy / "metadata" / "2.root.json").exists()


def test_nothing_is_shown_when_an_artifact_is_not_what_was_signed(workshop, mirrored, copy):
    workshop.publish(A)
    mirrored()
    workshop.publish(B)
    there = {file.name for file in (copy / "artifacts").iterdir()}
    (new,) = (file for file in (workshop.feed / "artifacts").iterdir() if file.name not in there)
    whole = new.read_bytes()
    new.write_bytes(whole[:-1] + b"?")
    with pytest.raises(FeedUntrusted, match="cannot use artifact"):
        mirrored()
    assert seen(workshop, copy) == [A]
    new.write_bytes(whole)
    mirrored()
    assert seen(workshop, copy) == [A, B]


def test_a_copy_is_gone_on_with_when_it_broke_off(workshop, mirrored, copy):
    workshop.publish(A)
    files = sorted((workshop.feed / "artifacts").iterdir())
    hidden = [file.rename(workshop.home / file.name) for file in files[1:]]
    with pytest.raises(FeedUnreachable, match="what has come is kept, try again"):
        mirrored()
    assert (copy / "artifacts" / files[0].name).exists()
    assert not (copy / "metadata").exists()
    for file in hidden:
        file.rename(workshop.feed / "artifacts" / file.name)
    mirrored()
    assert seen(workshop, copy) == [A]


def test_damage_of_the_copy_is_mended_when_it_is_mirrored_again(workshop, mirrored, copy):
    workshop.publish(A)
    mirrored()
    for folder in ("artifacts", "documents"):
        next((copy / folder).iterdir()).write_bytes(b"damaged")
    assert mirrored() == 2
    assert seen(workshop, copy) == [A]


@pytest.mark.parametrize("name", ["timestamp.json", "2.snapshot.json", "2.targets.json"])
def test_metadata_is_refused_when_it_was_changed(workshop, mirrored, copy, name):
    workshop.publish(A)
    file = workshop.feed / "metadata" / name
    file.write_bytes(file.read_bytes().replace(b'"expires":"2', b'"expires":"3'))
    with pytest.raises(FeedUntrusted, match="cannot mirror"):
        mirrored()
    assert not (copy / "metadata").exists()


def test_another_feed_is_refused_when_there_is_a_copy(workshop, mirrored, copy, tmp_path, capsys):
    workshop.publish(A)
    mirrored()
    other = replace(workshop, home=tmp_path / "other")
    other.home.mkdir()
    other.publisher.init()
    with pytest.raises(FeedUntrusted, match="another root than the one that is trusted"):
        Mirror(str(other.feed), copy).update()
    root = other.feed / "metadata" / "1.root.json"
    assert main(["mirror", workshop.url, str(tmp_path / "new"), "--root", str(root)]) == 1
    assert "another root" in capsys.readouterr().err


def test_a_feed_is_refused_when_it_is_older_than_the_copy(workshop, mirrored, copy):
    workshop.publish(A)
    kept = workshop.keep()
    workshop.publish(B)
    mirrored()
    with pytest.raises(Refused, match="it is older than what is there"):
        Mirror(str(kept), copy).update()
    assert seen(workshop, copy) == [A, B]


def test_a_feed_is_refused_when_each_has_what_the_other_has_not(workshop, mirrored, copy):
    workshop.publish(A)
    shutil.copytree(workshop.feed, copy)
    other = replace(workshop.publisher, feed=copy)
    other.insert([workshop.build(B)], lambda release: entry_for(release, now=workshop.clock.now()))
    workshop.publish(C)
    workshop.clock.moment += timedelta(hours=1)
    workshop.publisher.sign()
    with pytest.raises(Refused, match="each has a change that the other has not"):
        mirrored()
    assert seen(workshop, copy) == [A, B]


def test_a_source_is_unreachable_when_there_is_no_feed(copy, tmp_path):
    with pytest.raises(FeedUnreachable, match="check the address"):
        Mirror(str(tmp_path / "none"), copy).update()
    assert not copy.exists()


def test_no_folder_is_left_when_the_first_copy_is_refused(workshop, copy):
    workshop.publish(A)
    with pytest.raises(FeedUntrusted, match="it begins with another root"):
        Mirror(workshop.url, copy, b"another root").update()
    assert not copy.exists()
