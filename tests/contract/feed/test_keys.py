"""Who signs a feed, and that nothing of a change is seen before enough have signed it."""

import asyncio
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from convox.errors import FeedUntrusted, Refused
from convox.feed.built import read_built
from convox.feed.change import FILE
from convox.feed.desk import at_desk
from convox.feed.index import entry_for
from convox.feed.keys import read_keyring, unlock_nothing
from convox.feed.publish import _offer
from convox.feed.published import read_feed
from convox.feed.trust import fingerprint

pytestmark = pytest.mark.parametrize("workshop", ["folder"], indirect=True)

LIVE = "Live now: 2 must sign for targets\n"
A, B, C = "20260101000000", "20260102000000", "20260103000000"


@pytest.fixture
def team(workshop, typed, tmp_path):
    """Return how somebody types a command that signs: anna has all keys, bert two of his own."""
    assert typed("keys", "new", tmp_path / "bert", "bert")[0] == 0
    for role in ("root", "targets"):
        public = tmp_path / "bert" / "bert.pub"
        words = ("keys", "add", workshop.feed, role, public, "--keys", tmp_path / "keys")
        assert typed(*words)[0] == 0
    return {"anna": ("--keys", tmp_path / "keys"), "bert": ("--keys", tmp_path / "bert")}


def versions(rack):
    return [entry.version for entry in asyncio.run(rack.refresh()).entries]


def test_a_release_waits_when_two_must_sign_it(workshop, typed, team):
    rack, feed = workshop.rack(), workshop.feed
    status, text = typed("keys", "threshold", feed, "targets", 2, *team["anna"])
    assert (status, "waits for signatures: 1 more for targets (of bert" in text) == (0, True)
    assert typed("cosign", feed, *team["anna"], *team["bert"])[1].endswith(LIVE)
    text = typed("publish", feed, workshop.build(A), *team["anna"])[1]
    assert "waits for signatures: 1 more for targets (of bert" in text
    assert versions(rack) == []
    assert f"publish {A}" in typed("cosign", feed)[1]
    text = typed("cosign", feed, *team["bert"])[1]
    assert "1 more for timestamp (of timestamp" in text
    assert versions(rack) == []
    text = typed("cosign", feed, "--keys", workshop.home / "keys")[1]
    assert text.endswith(f"Live now: publish {A}\n")
    assert versions(rack) == [A]
    assert "Nothing waits" in typed("cosign", feed)[1]


def test_a_signer_sees_what_is_signed_when_the_words_for_it_are_others(workshop, typed, team):
    feed = workshop.feed
    typed("publish", feed, workshop.build(A), *team["anna"])
    typed("keys", "threshold", feed, "targets", 2, *team["anna"], *team["bert"])
    words = ("--channel", "edge", "--security")
    typed("publish", feed, workshop.build(B), *words, *team["anna"])
    (feed / FILE).write_text((feed / FILE).read_text().replace(f"publish {B}", "sign anew"))
    text = typed("cosign", feed)[1]
    assert ": sign anew\n" in text
    assert f"{B} is new, its document is " in text
    since = f"{workshop.clock.now():%Y-%m-%d}"
    assert f"{B} has channels edge ({since} " in text
    assert f"{B} has security True, until now False" in text
    assert A not in text


def test_a_signer_is_refused_when_racks_would_be_stranded(workshop, typed, team):
    feed, release = workshop.feed, read_built(workshop.build(B, epochs="2"))
    typed("publish", feed, workshop.build(A), *team["anna"])
    typed("keys", "threshold", feed, "targets", 2, *team["anna"], *team["bert"])
    moment = workshop.clock.now()
    published = read_feed(feed).with_release(release, entry_for(release, now=moment))
    keyring = read_keyring(workshop.publisher.keys, unlock_nothing)
    with at_desk(feed, keyring, workshop.lifetimes, moment) as desk:
        assert _offer(desk, "publish", published) != ()
    status, text = typed("cosign", feed, *team["bert"], *team["anna"])
    assert (status, f"release {B} cannot be reached" in text) == (1, True)
    assert versions(workshop.rack()) == [A]


def test_a_new_root_waits_when_two_must_sign_it(workshop, typed, team, tmp_path):
    rack, feed = workshop.rack(), workshop.feed
    both = (*team["anna"], *team["bert"])
    assert typed("keys", "threshold", feed, "root", 2, *both)[0] == 0
    words = ("keys", "rotate", feed, *team["anna"], "--new-keys", tmp_path / "newer")
    assert "1 more for root (of bert" in typed(*words)[1]
    before = sorted(each.name for each in (feed / "metadata").iterdir())
    workshop.publisher.sign()
    assert sorted(each.name for each in (feed / "metadata").iterdir()) == before
    newer = ("--keys", tmp_path / "newer")
    assert "Live now: rotate keys" in typed("cosign", feed, *team["bert"], *newer)[1]
    assert typed("publish", feed, workshop.build(A), *newer)[0] == 0
    assert versions(rack) == [A]
    assert versions(workshop.rack("new")) == [A]


def test_nothing_else_is_changed_when_a_change_waits(workshop, typed, team, tmp_path):
    feed = workshop.feed
    typed("keys", "threshold", feed, "root", 2, *team["anna"])
    status, text = typed("publish", feed, workshop.build(A), *team["anna"])
    assert (status, "a change waits for signatures (2 must sign for root)" in text) == (1, True)
    assert typed("cosign", feed, "--drop")[1] == "Dropped what waited: 2 must sign for root\n"
    assert typed("publish", feed, workshop.build(B), *team["anna"])[0] == 0
    assert versions(workshop.rack()) == [B]


def test_a_change_goes_on_when_it_was_cut_off_before_its_root(workshop, typed, team):
    rack, feed = workshop.rack(), workshop.feed
    both = (*team["anna"], *team["bert"])
    typed("keys", "threshold", feed, "root", 2, *team["anna"])
    shutil.copy(feed / FILE, workshop.home / FILE)
    typed("cosign", feed, *both)
    newest = max(feed.glob("metadata/*.root.json"))
    newest.rename(workshop.home / "cut off")
    shutil.copy(workshop.home / FILE, feed / FILE)
    assert versions(rack) == []
    assert "Live now" in typed("cosign", feed, *both)[1]
    assert newest.read_bytes() == (workshop.home / "cut off").read_bytes()
    assert versions(rack) == []


def test_racks_read_the_feed_wherever_a_change_of_all_keys_was_cut_off(
    workshop, typed, team, tmp_path
):
    feed, both = workshop.feed, (*team["anna"], *team["bert"])
    typed("publish", feed, workshop.build(A), *team["anna"])
    typed("keys", "threshold", feed, "root", 2, *both)
    newer = ("--new-keys", tmp_path / "newer")
    typed("keys", "rotate", feed, *team["anna"], *newer)
    before = Path(shutil.copytree(feed, tmp_path / "before"))
    all_keys = (*both, "--keys", tmp_path / "newer")
    assert "Live now" in typed("cosign", feed, *all_keys)[1]
    written = [file for file in (feed / "metadata").iterdir() if _is_new(file, before)]
    written.sort(key=lambda file: file.stat().st_mtime_ns)
    assert [file.name.split(".", 1)[1] for file in written] == [
        "targets.json",
        "snapshot.json",
        "json",
        "root.json",
    ]
    for number in range(len(written) + 1):
        cut = Path(shutil.copytree(before, tmp_path / f"cut-{number}"))
        for file in written[:number]:
            shutil.copy(file, cut / "metadata" / file.name)
        for when in ("before", "after"):
            rack = replace(workshop, url=str(cut)).rack(f"rack-{number}-{when}")
            assert versions(rack) == [A]
            assert typed("cosign", cut, *all_keys)[0] == 0
        assert (cut / "metadata" / written[-1].name).exists()
        assert not (cut / FILE).exists()


def _is_new(file, before):
    old = before / "metadata" / file.name
    return not old.exists() or old.read_bytes() != file.read_bytes()


def test_a_change_is_finished_first_when_all_had_signed_it(workshop, typed, team):
    rack, feed = workshop.rack(), workshop.feed
    both = (*team["anna"], *team["bert"])
    typed("keys", "threshold", feed, "targets", 2, *both)
    typed("publish", feed, workshop.build(A), *team["anna"])
    typed("cosign", feed, *team["bert"])
    assert versions(rack) == []
    workshop.publisher.sign()
    assert versions(rack) == [A]


def test_a_change_of_another_state_is_refused_when_it_waits(workshop, typed, team):
    feed = workshop.feed
    typed("keys", "threshold", feed, "root", 2, *team["anna"])
    (feed / FILE).rename(workshop.home / FILE)
    typed("keys", "remove", feed, "root", "bert", *team["anna"])
    (workshop.home / FILE).rename(feed / FILE)
    status, text = typed("cosign", feed, *team["bert"])
    assert (status, "the feed has changed since it was made; drop it" in text) == (1, True)
    workshop.publisher.sign()


def test_a_rack_follows_in_one_go_when_the_keys_were_rotated_often(workshop, typed, tmp_path):
    rack = workshop.rack()
    assert versions(rack) == []
    keys = tmp_path / "keys"
    for number in range(30):
        newer = tmp_path / f"keys-{number}"
        assert typed("keys", "rotate", workshop.feed, "--keys", keys, "--new-keys", newer)[0] == 0
        keys = newer
    assert typed("publish", workshop.feed, workshop.build(A), "--keys", keys)[0] == 0
    assert versions(rack) == [A]
    assert (workshop.feed / "metadata" / "31.root.json").exists()


def test_a_feed_stays_current_when_only_the_online_keys_are_at_hand(workshop, typed, tmp_path):
    workshop.clock.moment -= timedelta(days=40)
    workshop.publish(A)
    with pytest.raises(FeedUntrusted, match="it is stale"):
        versions(workshop.rack())
    online = tmp_path / "keys" / "timestamp.pem"
    assert typed("sign", workshop.feed, "--keys", online) == (0, f"Signed feed {workshop.feed}\n")
    assert versions(workshop.rack()) == [A]
    status, text = typed("publish", workshop.feed, workshop.build(B), "--keys", online)
    assert (status, "1 more for targets" in text) == (0, True)
    assert versions(workshop.rack()) == [A]


def test_it_is_said_in_time_when_offline_keys_have_to_sign_again(workshop, tmp_path):
    workshop.clock.moment -= timedelta(days=200)
    workshop.publish(A)
    workshop.clock.moment += timedelta(days=200)
    online = replace(
        workshop.publisher,
        keys=tuple(tmp_path / "keys" / f"{role}.pem" for role in ("snapshot", "timestamp")),
    )
    assert online.sign() == ("targets",)
    assert workshop.publisher.sign() == ()
    assert online.sign() == ()
    assert versions(workshop.rack()) == [A]


def test_signers_are_shown_when_asked_for(workshop, typed, team):
    text = typed("keys", "list", workshop.feed)[1].splitlines()
    root = fingerprint((workshop.feed / "metadata" / "1.root.json").read_bytes())
    assert text.pop(0) == f"Root {root}"
    assert text[0].split() == ["ROLE", "MUST", "SIGN", "GOOD", "UNTIL", "SIGNERS"]
    assert text[1].startswith("root       1 of 2")
    assert ", bert " in text[1]
    found = json.loads(typed("keys", "list", workshop.feed, "--json")[1])
    assert [row["threshold"] for row in found["roles"]] == [1, 1, 1, 1]
    assert found["waiting"] is None


def test_a_key_is_refused_when_it_is_not_a_public_one(workshop, typed, tmp_path):
    def add(name):
        return typed("keys", "add", workshop.feed, "root", tmp_path / name, *keys)[1]

    keys = ("--keys", tmp_path / "keys")
    assert "which stays where it is; name the public one beside it, root.pub" in add(
        "keys/root.pem"
    )
    assert "is missing" in add("none.pub")
    (tmp_path / "bad.pub").write_text("-----")
    said = add("bad.pub")
    assert f"{tmp_path / 'bad.pub'} is not a public key; name the .pub that" in said
    assert "http" not in said
    assert "it signs for it already" in add("keys/root.pub")


def test_signers_are_kept_when_a_role_would_be_left_without(workshop, typed, team):
    feed, anna = workshop.feed, team["anna"]
    assert "it has 1 signers" in typed("keys", "threshold", feed, "snapshot", 2, *anna)[1]
    assert "0 would be left" in typed("keys", "remove", feed, "snapshot", "snapshot", *anna)[1]
    assert "its signers are" in typed("keys", "remove", feed, "root", "carl", *anna)[1]
    assert typed("keys", "remove", feed, "root", "bert", *anna)[0] == 0
    assert "bert" not in typed("keys", "list", feed)[1].splitlines()[2]


def test_a_stranger_signs_nothing_when_their_keys_are_not_in_the_root(workshop, typed, tmp_path):
    typed("keys", "new", tmp_path / "other", "other")
    status, text = typed("sign", workshop.feed, "--keys", tmp_path / "other")
    assert (status, "none of the keys at hand may; its signers are" in text) == (1, True)


def test_nothing_is_signed_when_somebody_else_wrote_what_the_feed_says(workshop, tmp_path):
    workshop.publish(A)
    other = replace(workshop, home=tmp_path / "other")
    other.home.mkdir()
    other.publisher.init()
    other.publish(A)
    for name in ("timestamp.json", "2.snapshot.json", "2.targets.json"):
        shutil.copy(other.feed / "metadata" / name, workshop.feed / "metadata" / name)
    with pytest.raises(FeedUntrusted, match="its targets are not signed by who may sign them"):
        workshop.publish(B)


def test_a_change_is_refused_when_another_copy_came_in_between(workshop):
    workshop.publish(A)
    other = replace(workshop.publisher, feed=workshop.keep())
    other.sign()

    def marks(release):
        workshop.put_back("metadata/timestamp.json")
        return entry_for(release, now=workshop.clock.now())

    directory = workshop.build(B)
    with pytest.raises(Refused, match="somebody else has changed it meanwhile; do it again"):
        workshop.publisher.publish([directory], marks)
    assert versions(workshop.rack()) == [A]


def test_nothing_is_lost_when_two_publish_at_once(workshop, tmp_path):
    built = [workshop.build(f"202602{number:02}000000") for number in range(1, 21)]
    program = (
        "import sys; from convox.feedtool.command import main\n"
        "feed, keys, *built = sys.argv[1:]\n"
        "sys.exit(max(main(['publish', feed, each, '--insert', '--keys', keys]) for each in built))"
    )
    words = [sys.executable, "-c", program, workshop.feed, tmp_path / "keys"]
    publishers = [subprocess.Popen([*words, *built[half::2]]) for half in (0, 1)]
    assert [publisher.wait(60) for publisher in publishers] == [0, 0]
    assert versions(workshop.rack()) == [f"202602{number:02}000000" for number in range(1, 21)]
    assert (workshop.feed / "metadata" / "21.targets.json").exists()
