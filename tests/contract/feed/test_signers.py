"""Who may sign: only those whom the root of the installation leads to, and enough of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from securesystemslib.signer import CryptoSigner
from tests.contract.feed.repository import ROLES, Reader, Repository
from tuf.api.metadata import Metadata

from convox.errors import FeedUntrusted

KEYS = [CryptoSigner.generate_ed25519() for _ in range(10)]


@pytest.fixture
def repository():
    return Repository()


@pytest.fixture
def rack(repository, tmp_path):
    return Reader(tmp_path, repository)


def refused(cause: str):
    return pytest.raises(FeedUntrusted, match=f"cannot trust feed memory:: .*{cause}")


def unsigned(cause: str):
    return refused(f"it is not signed by enough of those whom this rack trusts: .*{cause}")


# What trust begins with


def test_nothing_is_asked_for_when_the_first_root_is_none(rack, repository):
    rack.root = rack.root.replace(b'"version"', b'"venison"')
    with refused("a file is not whole"):
        rack.look()
    assert repository.asked == []


def test_nothing_is_asked_for_when_the_first_root_is_not_signed_by_itself(rack, repository):
    sealed = Metadata.from_bytes(rack.root)
    (signature,) = sealed.signatures.values()
    signature.signature = "00" * 64
    rack.root = sealed.to_bytes()
    with unsigned("root was signed by 0/1 keys"):
        rack.look()
    assert repository.asked == []


def test_trust_begins_with_the_root_of_the_installation_whatever_the_rack_has_kept(tmp_path):
    """Somebody who can write to what was kept makes the rack believe nobody else."""
    own, other = Repository(), Repository()
    Reader(tmp_path, other).look()
    rack = Reader(tmp_path, own)
    rack.look()
    rack.repository = other
    with unsigned("timestamp was signed by 0/1 keys"):
        rack.look()


# Enough signatures


@pytest.mark.parametrize("role", ROLES)
def test_metadata_without_its_signature_is_refused(rack, repository, role):
    rack.look()
    before = rack.versions
    repository.signers[role] = [CryptoSigner.generate_ed25519()]
    if role == "root":
        repository.publish_root()
    repository.publish()
    with unsigned(f"{role} was signed by 0/1 keys"):
        rack.look()
    assert rack.versions == before


@dataclass(frozen=True, kw_only=True)
class Signing:
    """Of which keys how many have to sign, and which do."""

    of: str
    need: int
    by: str


ROTATIONS = {
    "a key follows another": [
        Signing(of="1", need=1, by="1"),
        Signing(of="2", need=1, by="12"),
        Signing(of="2", need=1, by="2"),
    ],
    "strangers sign too": [
        Signing(of="1", need=1, by="314"),
        Signing(of="2", need=1, by="3214"),
        Signing(of="2", need=1, by="324"),
    ],
    "three of five, others each time": [
        Signing(of="01234", need=3, by="024"),
        Signing(of="01234", need=3, by="041"),
        Signing(of="01234", need=3, by="013"),
    ],
    "one of five is replaced": [
        Signing(of="01234", need=3, by="024"),
        Signing(of="01345", need=3, by="0415"),
    ],
    "all of five are replaced": [
        Signing(of="01234", need=3, by="024"),
        Signing(of="56789", need=3, by="024567"),
        Signing(of="56789", need=3, by="567"),
    ],
    "more have to sign": [
        Signing(of="123", need=1, by="1"),
        Signing(of="123", need=2, by="12"),
    ],
    "fewer have to sign": [
        Signing(of="123", need=2, by="12"),
        Signing(of="123", need=1, by="12"),
        Signing(of="123", need=1, by="1"),
    ],
}

REFUSALS = {
    "the old key has not signed": [
        Signing(of="1", need=1, by="1"),
        Signing(of="2", need=1, by="234"),
    ],
    "the new key has not signed": [
        Signing(of="1", need=1, by="1"),
        Signing(of="2", need=1, by="134"),
    ],
    "too few new ones": [
        Signing(of="01234", need=3, by="024"),
        Signing(of="01345", need=3, by="024"),
    ],
    "too few old ones": [
        Signing(of="01234", need=3, by="024"),
        Signing(of="01345", need=3, by="045"),
    ],
    "more have to sign, and do not": [
        Signing(of="123", need=1, by="1"),
        Signing(of="123", need=2, by="2"),
    ],
    "fewer have to sign, but not yet": [
        Signing(of="123", need=2, by="12"),
        Signing(of="123", need=1, by="1"),
    ],
}


def sign_so(repository: Repository, role: str, signing: Signing) -> None:
    delegated = repository.root.roles[role]
    for key in list(delegated.keyids):
        repository.root.revoke_key(key, role)
    for number in signing.of:
        repository.root.add_key(KEYS[int(number)].public_key, role)
    delegated.threshold = signing.need
    repository.signers[role] = [KEYS[int(number)] for number in signing.by]


def roots(signings) -> Repository:
    repository = Repository()
    repository.root.version = 0
    for signing in signings:
        sign_so(repository, "root", signing)
        repository.publish_root()
    return repository


@pytest.mark.parametrize("signings", ROTATIONS.values(), ids=ROTATIONS)
def test_roots_are_followed_when_enough_old_and_new_keys_sign(tmp_path, signings):
    rack = Reader(tmp_path, roots(signings))
    rack.look()
    assert rack.version("root") == len(signings)


@pytest.mark.parametrize("signings", REFUSALS.values(), ids=REFUSALS)
def test_roots_are_refused_when_too_few_old_or_new_keys_sign(tmp_path, signings):
    rack = Reader(tmp_path, roots(signings))
    with unsigned(r"root was signed by \d/\d keys"):
        rack.look()
    assert rack.version("root") == len(signings) - 1


GOOD = [
    Signing(of="2", need=1, by="2"),
    Signing(of="1", need=1, by="314"),
    Signing(of="01234", need=3, by="024"),
    Signing(of="01234", need=3, by="432"),
]
BAD = [
    Signing(of="2", need=1, by="134"),
    Signing(of="01345", need=3, by="024"),
    Signing(of="01345", need=3, by="04"),
    Signing(of="01", need=3, by="01"),
]


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_keys_of_a_role_follow_the_root(rack, repository, role):
    rack.look()
    for number, signing in enumerate(GOOD, start=2):
        sign_so(repository, role, signing)
        repository.publish_root()
        repository.publish()
        rack.look()
        assert rack.versions == (number,) * 4


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
@pytest.mark.parametrize("signing", BAD, ids=str)
def test_a_role_is_refused_when_too_few_sign(rack, repository, role, signing):
    rack.look()
    sign_so(repository, role, signing)
    repository.publish_root()
    repository.publish()
    with unsigned(rf"{role} was signed by \d/\d keys"):
        rack.look()
    assert rack.versions == (2, 1, 1, 1)


# A signature counts once, and only where it is one


def test_a_key_counts_once_however_often_it_is_named_and_has_signed(rack, repository):
    own = repository.signers["timestamp"][0]
    for _ in range(3):
        repository.add_key("timestamp", own)
    repository.root.roles["timestamp"].threshold = 2
    repository.publish_root()
    repository.publish()
    with unsigned("timestamp was signed by 1/2 keys"):
        rack.look()


def test_a_signature_that_is_there_twice_is_refused(rack, repository):
    content = repository.served["metadata/timestamp.json"].decode()
    begin = content.index("[") + 1
    one = content[begin : content.index("]")]
    repository.served["metadata/timestamp.json"] = content.replace(one, f"{one},{one}").encode()
    with refused("a file is not whole: .*"):
        rack.look()


@pytest.mark.parametrize("wrong", ["00" * 64, "", "no hexadecimal"])
def test_a_wrong_signature_does_not_count_and_does_no_harm(rack, repository, wrong):
    other = repository.add_key("timestamp")
    repository.publish_root()
    repository.publish()
    sealed = Metadata.from_bytes(repository.served["metadata/timestamp.json"])
    sealed.signatures[other.public_key.keyid].signature = wrong
    repository.served["metadata/timestamp.json"] = sealed.to_bytes()
    rack.look()
    repository.root.roles["timestamp"].threshold = 2
    repository.publish_root()
    with unsigned("timestamp was signed by 1/2 keys"):
        rack.look()


@pytest.mark.parametrize("make", ["generate_rsa", "generate_ecdsa", "generate_ed25519"])
def test_keys_of_each_kind_sign(rack, repository, make):
    repository.rotate("timestamp")
    repository.signers["timestamp"].clear()
    repository.add_key("timestamp", getattr(CryptoSigner, make)())
    repository.publish_root()
    repository.publish()
    rack.look()
    assert rack.version("timestamp") == 2


def test_a_root_with_a_key_of_an_unknown_kind_is_refused(rack, repository):
    key = repository.root.keys[repository.root.roles["timestamp"].keyids[0]]
    key.keytype, key.scheme = "runes", "runes-1"
    repository.publish_root()
    with refused("a file is not whole"):
        rack.look()
    assert rack.version("root") == 1


# Root after root


def test_a_root_may_not_be_skipped(rack, repository):
    repository.publish_root()
    repository.publish_root()
    repository.served["metadata/2.root.json"] = repository.served["metadata/3.root.json"]
    with refused("its parts do not belong together: Expected root version 2 instead got version 3"):
        rack.look()
    assert rack.version("root") == 1


def test_a_root_may_not_come_again(rack, repository):
    repository.served["metadata/2.root.json"] = repository.first_root()
    with refused("Expected root version 2 instead got version 1"):
        rack.look()


def test_roots_behind_one_that_is_not_signed_are_not_reached(rack, repository):
    repository.publish_root()
    good = repository.signers["root"]
    repository.signers["root"] = [KEYS[0]]
    repository.publish_root()
    repository.signers["root"] = good
    repository.publish_root()
    with unsigned("root was signed by 0/1 keys"):
        rack.look()
    assert rack.version("root") == 2
    assert "metadata/4.root.json" not in repository.asked


def test_rack_five_years_behind_follows_all_changes_of_keys_in_one_go(rack, repository):
    """Each week other keys, and each root of the past has expired long since."""
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(days=5 * 365)
    for week in range(5 * 52 + 1):
        before = list(repository.signers["root"])
        for role in ROLES:
            repository.rotate(role)
        repository.root.expires = past + timedelta(days=7 * week + 30)
        repository.publish_root(*before)
    repository.root.expires = repository.ends
    repository.publish_root()
    repository.publish()
    rack.look()
    assert rack.version("root") == 5 * 52 + 3
    rack.look()
    assert repository.asked == [f"metadata/{5 * 52 + 4}.root.json", "metadata/timestamp.json"]


def test_keys_that_were_lost_are_of_no_use_once_the_root_has_changed(rack, repository):
    rack.look()
    lost = repository.signers["timestamp"][0]
    repository.rotate("timestamp")
    repository.publish_root()
    repository.publish()
    rack.look()
    repository.signers["timestamp"] = [lost]
    repository.publish("timestamp")
    with unsigned("timestamp was signed by 0/1 keys"):
        rack.look()
