"""Who signs for a feed, from one root to the next."""

from datetime import UTC, datetime

import pytest
from securesystemslib.signer import CryptoSigner

from convox.errors import Refused
from convox.feed.roles import FOLLOWED, ROLES, first_root, renewed, with_replaced, with_signer

MOMENT = datetime(2027, 1, 1, tzinfo=UTC)


def key():
    return CryptoSigner.generate_ed25519().public_key


@pytest.fixture
def root():
    return first_root({role: key() for role in ROLES}, MOMENT)


def test_no_root_is_made_when_racks_would_not_follow_it(root):
    root.version = FOLLOWED
    last = renewed(root, MOMENT)
    assert last.version == FOLLOWED + 1
    with pytest.raises(Refused, match="racks follow 1024 from the first one"):
        renewed(last, MOMENT)


def test_a_key_of_two_roles_is_replaced_only_where_that_is_wanted(root):
    (shared,) = root.roles["targets"].keyids
    both, new = with_signer(root, "root", root.keys[shared]), key()
    changed = with_replaced(both, {shared: new}, ["targets"])
    assert changed.roles["targets"].keyids == [new.keyid]
    assert shared in changed.roles["root"].keyids
    assert with_replaced(both, {shared: new}, ROLES).keys.keys() & {shared} == set()
