"""What is told of an update arrives, whatever the receivers are like; the servers are real."""

import base64
import contextlib
import hashlib
import hmac
import json

from tests.contract.notices.conftest import ORIGIN, SECRET, TARGET, Telling, kinds
from tests.contract.notices.servers import Hook

from convox.notices import outbox
from convox.notices.delivery import Result
from convox.update import journal
from convox.update.update import UpdateEvent

DONE = UpdateEvent.ALL_DONE


class FullDisk(Exception):
    pass


def signature(got) -> str:
    """Return the signature of a request, as a receiver makes it that knows the secret."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    head = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}."
    digest = hmac.new(key, head.encode() + got.body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def test_a_webhook_is_told_of_an_update_and_its_end(telling: Telling, hook: Hook):
    telling.receive("ops", hook)
    telling.begin()
    telling.deliver(lambda: len(telling.attempts()) == 1)
    telling.happen(DONE)
    telling.deliver(lambda: len(telling.attempts()) == 2)
    assert kinds(hook) == ["started", "done"]
    got = hook.got[1]
    value = json.loads(got.body)
    assert (value["rack"], value["version"], value["form"]) == ("dev", TARGET, 1)
    assert value["text"] == f"the update from {ORIGIN} to {TARGET} is done"
    assert value["detail"] == {"update": "U1", "origin": ORIGIN}
    assert got.path == "/hooks/T0K3N"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["webhook-id"] == value["id"]
    assert got.headers["webhook-signature"] == signature(got)
    assert abs(int(got.headers["webhook-timestamp"]) - telling.clock.now().timestamp()) < 10
    assert [(each.result, each.status) for each in telling.attempts()] == [
        (Result.DELIVERED, 200)
    ] * 2


def test_what_was_not_committed_is_told_to_nobody(telling: Telling, hook: Hook):
    telling.receive("ops", hook)
    telling.begin()
    with contextlib.suppress(FullDisk), telling.lease.fenced() as connection:
        now = telling.clock.now()
        journal.record_update(connection, journal.active(connection), DONE, now=now)
        raise FullDisk
    telling.deliver(lambda: len(telling.attempts()) == 1)
    with telling.database.look() as connection:
        assert outbox.due(connection, telling.clock.now()) == []
    assert kinds(hook) == ["started"]
