"""What every reader of TUF has to do and to refuse, theme by theme: what is current, and whole.

The themes are those of TUF's published conformance tests. Who may sign is in ``test_signers``. A
feed delegates nothing: all that is signed is one file, so there is no test of delegations.
"""

import json
from datetime import UTC, datetime

import pytest
from tests.contract.feed.repository import INDEX, Reader, Repository
from tuf.api.exceptions import DownloadHTTPError

from convox.errors import FeedStale, FeedUnreachable, FeedUntrusted, NotFound
from convox.feed.distrust import explain

LONG_AGO = datetime(2021, 1, 1, tzinfo=UTC)


@pytest.fixture
def repository():
    return Repository()


@pytest.fixture
def rack(repository, tmp_path):
    return Reader(tmp_path, repository)


def refused(cause: str, kind=FeedUntrusted):
    return pytest.raises(kind, match=f"cannot trust feed memory:: .*{cause}")


def older(cause: str):
    return refused(f"it is not as new as what this rack has seen of it: .*{cause}")


def mixed(cause: str):
    return refused(f"its parts do not belong together: .*{cause}")


def test_each_role_is_asked_for_once_and_then_only_what_may_have_changed(rack, repository):
    rack.look()
    assert repository.asked == [
        "metadata/2.root.json",
        "metadata/timestamp.json",
        "metadata/1.snapshot.json",
        "metadata/1.targets.json",
    ]
    assert rack.versions == (1, 1, 1, 1)
    rack.look()
    assert repository.asked == ["metadata/2.root.json", "metadata/timestamp.json"]


def test_signatures_are_looked_at_before_a_file_that_is_not_there_is_asked_for(rack, repository):
    with pytest.raises(NotFound, match=r"cannot read nothing.json of feed memory:"):
        rack.look().bring("nothing.json", rack.home / "nothing.json")
    assert rack.versions == (1, 1, 1, 1)
    assert "targets/nothing.json" not in repository.asked


def test_timestamp_of_the_same_version_with_other_content_changes_nothing(rack, repository):
    rack.look()
    repository.timestamp.snapshot_meta.version = 100
    repository.serve("timestamp")
    rack.look()
    assert repository.asked[-1] == "metadata/timestamp.json"
    assert rack.versions == (1, 1, 1, 1)


def test_targets_that_no_snapshot_names_are_not_read(rack, repository):
    rack.look()
    repository.publish("targets")
    rack.look()
    assert repository.asked[-1] == "metadata/timestamp.json"
    assert rack.version("targets") == 1


def test_members_that_nobody_knows_are_passed_over_where_they_are_signed(rack, repository):
    repository.root.unrecognized_fields["more"] = {"a": 1}
    key = repository.root.roles["root"].keyids[0]
    repository.root.keys[key].unrecognized_fields["keyid_hash_algorithms"] = ["md5"]
    repository.publish_root()
    rack.look()
    assert rack.version("root") == 2


# Rollback: what is older than what was seen is refused, also where all of its signatures are good.


def test_timestamp_may_not_go_back(rack, repository):
    repository.publish("timestamp")
    rack.look()
    repository.timestamp.version = 1
    repository.serve("timestamp")
    with older("timestamp version 1 must be >= 2"):
        rack.look()
    assert rack.version("timestamp") == 2


@pytest.mark.parametrize("hashed", [True, False])
def test_snapshot_may_not_go_back(tmp_path, hashed):
    repository = Repository(hashed=hashed)
    rack = Reader(tmp_path, repository)
    repository.publish("snapshot", "timestamp")
    rack.look()
    repository.snapshot.version = 1
    repository.serve("snapshot")
    repository.publish("timestamp")
    with older("snapshot version must be >= 2, got version 1"):
        rack.look()
    assert rack.versions == (1, 2, 2, 1)


@pytest.mark.parametrize("hashed", [True, False])
def test_targets_may_not_go_back(tmp_path, hashed):
    repository = Repository(hashed=hashed)
    rack = Reader(tmp_path, repository)
    repository.publish()
    rack.look()
    repository.targets.version = 1
    repository.serve("targets")
    repository.publish("snapshot", "timestamp")
    with older("targets.json version 1, got 2"):
        rack.look()
    assert rack.version("targets") == 2


def test_nothing_that_was_named_may_vanish(rack, repository):
    rack.look()
    del repository.snapshot.meta["targets.json"]
    repository.publish("snapshot", "timestamp")
    with refused("a file is not whole: .*missing info for 'targets.json'"):
        rack.look()


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_rack_recovers_from_a_version_far_ahead_when_the_keys_were_rotated(rack, repository, role):
    repository.role(role).version = 99_999
    repository.publish()
    rack.look()
    assert rack.version(role) == 99_999 + (role == "timestamp")
    for each in ("snapshot", "timestamp"):
        repository.rotate(each)
    repository.publish_root()
    repository.role(role).version = 1
    for each in ("targets", "snapshot", "timestamp"):
        repository.serve(each)
    rack.look()
    assert rack.version(role) == 1


# Mix and match: parts of two states of the feed are refused, also where both were true once.


def test_snapshot_has_to_be_the_one_that_the_timestamp_names(tmp_path):
    repository = Repository(hashed=False)
    repository.timestamp.snapshot_meta.version = 2
    repository.publish("timestamp")
    repository.served["metadata/2.snapshot.json"] = repository.served["metadata/1.snapshot.json"]
    with mixed("Expected snapshot version 2, got 1"):
        Reader(tmp_path, repository).look()


def test_targets_have_to_be_those_that_the_snapshot_names(tmp_path):
    repository = Repository(hashed=False)
    repository.snapshot.meta["targets.json"].version = 2
    repository.publish("snapshot", "timestamp")
    repository.served["metadata/2.targets.json"] = repository.served["metadata/1.targets.json"]
    with mixed("Expected targets v2, got v1"):
        Reader(tmp_path, repository).look()


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_metadata_has_to_have_the_hash_that_was_signed(rack, repository, role):
    rack.look()
    name = repository.name(repository.role(role))
    before = repository.served[name]
    repository.publish()
    after = repository.name(repository.role(role))
    repository.served[after] = repository.served[after].replace(b'"sig"', b'"sig" ')[:-1]
    with refused("a file is not the one that was signed: Observed hash"):
        rack.look()
    repository.served[after] = before
    with refused("a file is not the one that was signed"):
        rack.look()
    assert rack.versions == (1, 1, 1, 1)


def test_a_state_that_is_not_whole_leaves_the_one_before(rack, repository):
    assert rack.index() == b"the first index"
    repository.put(INDEX, b"the second index")
    repository.publish()
    del repository.served["metadata/2.targets.json"]
    with pytest.raises(FeedUnreachable, match=r"there is no metadata/2.targets.json"):
        rack.look()
    assert rack.versions == (1, 1, 1, 1)


# Freeze: what was not signed again in time is refused, however true it was.


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_feed_is_stale_when_a_role_has_expired(rack, repository, role):
    repository.role(role).expires = LONG_AGO
    if role == "root":
        repository.publish_root()
    repository.publish()
    with refused(f"it is stale: .*{role}.* is expired; .*sign it again", FeedStale):
        rack.look()
    assert rack.versions[1:] == (0, 0, 0)


def test_a_root_in_between_may_have_expired(rack, repository):
    repository.root.expires = LONG_AGO
    repository.publish_root()
    repository.root.expires = repository.ends
    repository.publish_root()
    rack.look()
    assert rack.version("root") == 3


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_what_the_rack_has_may_have_expired_meanwhile(rack, repository, role):
    """The rack was away: what it saw last was good then, and is not any more."""
    repository.role(role).expires = LONG_AGO
    for each in ("targets", "snapshot", "timestamp"):
        repository.serve(each)
    kept = rack.home / "metadata"
    kept.mkdir()
    for each in ("targets", "snapshot", "timestamp"):
        content = repository.served[repository.name(repository.role(each))]
        (kept / f"{each}.json").write_bytes(content)
    repository.role(role).expires = repository.ends
    repository.publish()
    rack.look()
    assert rack.versions == (1, 2, 2, 2)


def test_what_the_rack_has_protects_also_when_it_has_expired(rack, repository):
    repository.timestamp.version, repository.timestamp.expires = 7, LONG_AGO
    repository.serve("timestamp")
    (rack.home / "metadata").mkdir()
    kept = rack.home / "metadata" / "timestamp.json"
    kept.write_bytes(repository.served["metadata/timestamp.json"])
    repository.timestamp.version, repository.timestamp.expires = 6, repository.ends
    repository.serve("timestamp")
    with older("timestamp version 6 must be >= 7"):
        rack.look()


# Files: each has the length and the hash that was signed, and is asked for as it is named.


FORGED = {
    "other content": (b"another index!!", "not the one that was signed: Observed hash"),
    "one byte more": (b"the first index!", "longer than it may be: Downloaded 16 bytes"),
    "one byte less": (b"the first inde", "Observed length 14 does not match expected length 15"),
    "nothing": (b"", "length 0"),
}


@pytest.mark.parametrize(("content", "cause"), FORGED.values(), ids=FORGED)
def test_a_file_has_to_be_the_one_that_was_signed(rack, repository, content, cause):
    name = repository.targets.targets[INDEX].get_prefixed_paths()[0]
    repository.served[f"targets/{name}"] = content
    with refused(cause):
        rack.index()
    assert not (rack.home / INDEX).exists()


def test_a_file_that_was_edited_on_the_rack_is_brought_again(rack):
    rack.index()
    (rack.home / INDEX).write_bytes(b"edited")
    assert rack.index() == b"the first index"


def test_files_are_asked_for_with_their_hash(rack, repository):
    rack.index()
    name = repository.targets.targets[INDEX].get_prefixed_paths()[0]
    assert name.endswith(f".{INDEX}")
    assert repository.asked[-1] == f"targets/{name}"


def test_feed_without_prefixes_is_read_as_well(tmp_path):
    repository = Repository()
    repository.root.consistent_snapshot = False
    repository.publish_root()
    repository.publish()
    repository.served[f"targets/{INDEX}"] = b"the first index"
    rack = Reader(tmp_path, repository)
    assert rack.index() == b"the first index"
    assert "metadata/snapshot.json" in repository.asked


@pytest.mark.parametrize("name", ["a b", "a%20b", "a%2Fb", "ä", "?", "#", "a/b"])
def test_odd_names_are_taken_as_they_are(rack, repository, name):
    repository.put(name, b"odd")
    repository.publish()
    file = rack.home / "odd"
    assert rack.look().bring(name, file) == b"odd"
    assert repository.asked[-1].endswith(name.rpartition("/")[2])


ENDLESS = {
    "root": ("metadata/2.root.json", 524_288),
    "timestamp": ("metadata/timestamp.json", 16_384),
}


@pytest.mark.parametrize(("name", "most"), ENDLESS.values(), ids=ENDLESS)
def test_metadata_of_unknown_length_is_read_so_far_and_no_further(rack, repository, name, most):
    repository.served[name] = b" " * (most + 1)
    with refused(f"a file is longer than it may be: .* {most}"):
        rack.look()


@pytest.mark.parametrize("role", ["snapshot", "targets"])
@pytest.mark.parametrize("hashed", [True, False])
def test_metadata_is_read_as_far_as_it_was_signed(tmp_path, role, hashed):
    repository = Repository(hashed=hashed)
    repository.served[f"metadata/1.{role}.json"] += b" " * 2**21
    with refused("a file is longer than it may be"):
        Reader(tmp_path, repository).look()


@pytest.mark.parametrize("name", ["timestamp", "1.snapshot", "1.targets", "2.root"])
@pytest.mark.parametrize("content", [b"", b"<html>", b"{}", b'{"signed": [', b"[" * 10_000])
def test_metadata_that_is_none_is_refused(tmp_path, name, content):
    repository = Repository(hashed=False)
    repository.served[f"metadata/{name}.json"] = content
    with refused("a file is not whole"):
        Reader(tmp_path, repository).look()


def test_metadata_of_another_role_is_refused(tmp_path):
    repository = Repository(hashed=False)
    repository.served["metadata/1.targets.json"] = repository.served["metadata/1.snapshot.json"]
    with refused("a file is not whole: .*targets"):
        Reader(tmp_path, repository).look()


def test_feed_that_answers_with_an_error_is_unreachable():
    said = explain("memory:", DownloadHTTPError("HTTP 500", 500))
    assert isinstance(said, FeedUnreachable)
    assert json.dumps(str(said)).startswith('"cannot reach feed memory:: HTTP 500')
