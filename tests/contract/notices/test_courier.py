"""What is told of an update arrives, whatever the receivers are like; the servers are real."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import itertools
import json
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from tests.contract.notices.conftest import ORIGIN, SECRET, TARGET, Telling, kinds
from tests.contract.notices.mailbox import certificate
from tests.contract.notices.servers import Hook, listening

from convox.notices import attempts, outbox
from convox.notices.attempts import KEPT
from convox.notices.courier import Courier
from convox.notices.delivery import Answer, Delivery, Result, Verdict
from convox.notices.notice import NoticeKind, compose
from convox.notices.receiver import Receiver, ReceiverForm
from convox.state import lease
from convox.state.schema import notice_deliveries, notice_receivers, notices
from convox.testing.ports import free_port
from convox.update import journal
from convox.update.update import UpdateEvent

CHAT = ReceiverForm.CHAT
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


def test_a_delivery_that_misses_is_repeated_later_and_later_until_it_arrives(
    telling: Telling, hook: Hook
):
    hook.statuses, hook.said = [503, 500, 200], b"the shop is closed"
    telling.receive("ops", hook)
    telling.begin()
    telling.deliver(lambda: len(telling.attempts()) == 3)
    made = telling.attempts()
    assert [each.result for each in made] == [Result.MISSED, Result.MISSED, Result.DELIVERED]
    assert made[0].error == "HTTP 503: the shop is closed"
    waits = [each.due - each.time for each in made[:2]]
    assert waits == [timedelta(seconds=10), timedelta(seconds=20)]
    assert all(after.time >= before.due for before, after in itertools.pairwise(made))
    # The same news with the same id, signed anew each time: an old request is worth nothing.
    assert len({each.body for each in hook.got}) == 1
    assert len({each.headers["webhook-id"] for each in hook.got}) == 1
    assert len({each.headers["webhook-timestamp"] for each in hook.got}) == 3
    assert all(each.headers["webhook-signature"] == signature(each) for each in hook.got)


def test_a_receiver_that_stays_dead_is_given_up_after_a_day_and_the_log_says_so(
    telling: Telling,
):
    telling.receive("ops", Hook(url=f"http://127.0.0.1:{free_port()}/"))
    telling.begin()
    begun = telling.clock.now()
    telling.deliver(lambda: bool(telling.log), seconds=600.0)
    *missed, last = telling.attempts()
    assert {each.result for each in missed} == {Result.MISSED}
    assert last.result == Result.GIVEN_UP
    assert timedelta(hours=22) < last.time - begun < timedelta(hours=25)
    assert "Connect" in last.error
    assert telling.log[0].startswith("notice to ops is given up: the update from")
    with telling.database.look() as connection:
        assert outbox.due(connection, telling.clock.now() + timedelta(days=9)) == []


def test_a_slow_receiver_holds_nobody_up(telling: Telling, hook: Hook, other: Hook):
    hook.wait = 3.0
    telling.receive("a-slow", hook)
    telling.receive("ops", other)
    telling.begin()
    telling.happen(DONE)
    telling.deliver(lambda: len(kinds(other)) == 2, limit=0.5)
    slow = [each for each in telling.attempts() if each.receiver == "a-slow"]
    assert slow == []
    telling.deliver(lambda: len(telling.attempts()) == 3, limit=0.5)
    slow = [each for each in telling.attempts() if each.receiver == "a-slow"]
    assert slow[0].error == "no answer in 0.5 s"


def test_what_a_dead_control_plane_left_is_delivered_by_the_next(telling: Telling, hook: Hook):
    telling.receive("ops", hook)
    telling.begin()
    telling.lease = lease.take(telling.database, "next")
    telling.deliver(lambda: len(telling.attempts()) == 1)
    assert kinds(hook) == ["started"]


def test_what_arrived_and_was_not_recorded_arrives_again_with_the_same_id(
    telling: Telling, hook: Hook
):
    hook.wait = 0.2
    telling.receive("ops", hook)
    telling.begin()
    telling.deliver(lambda: len(hook.got) == 1)
    assert telling.attempts() == []
    telling.deliver(lambda: len(telling.attempts()) == 1)
    first, second = hook.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_a_courier_that_was_overtaken_delivers_nothing_more(telling: Telling, hook: Hook):
    hook.wait = 0.2
    telling.receive("ops", hook)
    telling.begin()
    courier = Courier(lease=telling.lease, clock=telling.clock, narrate=telling.log.append)

    async def scenario() -> None:
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            running = group.create_task(courier.run())
            while not hook.got:
                await telling.clock.advance(1)
                await asyncio.sleep(0.005)
            lease.take(telling.database, "next")
            await running

    asyncio.run(scenario())
    assert telling.attempts() == []


def test_each_receiver_gets_the_kinds_that_it_wants(telling: Telling, hook: Hook, other: Hook):
    telling.receive("ops", hook, kinds=frozenset({NoticeKind.UNDONE, NoticeKind.NEEDS_YOU}))
    telling.receive("shop", other)
    telling.begin()
    telling.happen(UpdateEvent.STEP_FAILED, cause="stage: the disk is full")
    telling.happen(UpdateEvent.UNDO_FAILED, cause="undo of stage: the disk is full")
    telling.happen(UpdateEvent.UNDO_MENDED, UpdateEvent.ALL_UNDONE)
    telling.deliver(lambda: len(telling.attempts()) == 6)
    assert kinds(hook) == ["needs-you", "undone"]
    assert kinds(other) == ["started", "failed", "needs-you", "undone"]
    assert json.loads(other.got[1].body)["detail"]["cause"] == "stage: the disk is full"


def test_an_update_that_a_person_called_off_has_not_failed(telling: Telling, hook: Hook):
    telling.receive("ops", hook)
    telling.begin()
    telling.happen(UpdateEvent.CALLED_OFF, cause="called off by ann")
    telling.happen(UpdateEvent.STEP_FAILED, cause="fetch: interrupted")
    telling.happen(UpdateEvent.ALL_UNDONE)
    telling.deliver(lambda: len(telling.attempts()) == 2)
    assert kinds(hook) == ["started", "undone"]
    assert "called off by ann" in json.loads(hook.got[1].body)["text"]


def test_a_receiver_is_left_alone_for_as_long_as_it_says(telling: Telling, hook: Hook):
    hook.statuses, hook.headers = [429, 200], {"Retry-After": "120"}
    telling.receive("ops", hook)
    telling.begin()
    telling.deliver(lambda: len(telling.attempts()) == 2)
    first = telling.attempts()[0]
    assert first.due - first.time == timedelta(seconds=120)


def test_nobody_is_followed_elsewhere(telling: Telling, hook: Hook, other: Hook):
    hook.statuses, hook.headers = [307], {"Location": other.url}
    telling.receive("ops", hook)
    telling.begin()
    telling.deliver(lambda: len(telling.attempts()) == 1)
    assert "it has moved" in telling.attempts()[0].error
    assert other.got == []


def test_what_a_receiver_says_shows_nothing_secret(telling: Telling, hook: Hook):
    hook.statuses, hook.said = [404], f"no hook /hooks/T0K3N\n\x1b[31m {SECRET}".encode()
    telling.receive("ops", hook)
    telling.begin()
    telling.deliver(lambda: len(telling.attempts()) == 1)
    assert telling.attempts()[0].error == "HTTP 404: no hook /*** [31m ***"


def test_a_webhook_behind_tls_must_be_vouched_for(telling: Telling, tmp_path, monkeypatch):
    certified = certificate(tmp_path)
    with listening(Hook(), tls=certified.context()) as hook:
        telling.receive("ops", hook)
        telling.begin()
        telling.deliver(lambda: len(telling.attempts()) == 1)
        assert "certificate verify failed" in telling.attempts()[0].error
        monkeypatch.setenv("SSL_CERT_FILE", str(certified.file))
        telling.deliver(lambda: len(telling.attempts()) == 2)
    assert telling.attempts()[1].result == Result.DELIVERED
    assert kinds(hook) == ["started"]


def test_what_speaks_no_http_is_a_miss(telling: Telling, hook: Hook):
    async def answer(reader, writer) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        writer.close()

    async def scenario(courier: Courier) -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            hook.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            telling.receive("ops", hook)
            telling.begin()
            async with asyncio.timeout(10), asyncio.TaskGroup() as group:
                running = group.create_task(courier.run())
                while not telling.attempts():
                    await telling.clock.advance(1)
                    await asyncio.sleep(0.005)
                running.cancel()

    courier = Courier(lease=telling.lease, clock=telling.clock, narrate=telling.log.append)
    asyncio.run(scenario(courier))
    assert "no HTTP is spoken there" in telling.attempts()[0].error


def test_only_the_newest_attempts_are_kept(telling: Telling, hook: Hook):
    telling.receive("ops", hook)
    for number in range(KEPT + 5):
        notice = compose(
            kind=NoticeKind.TEST, time=telling.clock.now(), rack="dev", version=str(number), text=""
        )
        delivery = Delivery(notice=notice, receiver=Receiver(name="ops", form=CHAT, address=""))
        made = attempts.attempt(
            delivery, Answer(), Verdict(result=Result.DELIVERED), telling.clock.now()
        )
        with telling.lease.fenced() as connection:
            attempts.log(connection, made)
    kept = telling.attempts()
    assert (len(kept), kept[0].version, kept[-1].version) == (KEPT, "5", str(KEPT + 4))


def test_what_has_arrived_everywhere_is_kept_nowhere(telling: Telling, hook: Hook, other: Hook):
    other.statuses = [503, 200]
    telling.receive("ops", hook)
    telling.receive("other", other)
    telling.begin()
    telling.deliver(lambda: len(telling.attempts()) == 2)
    assert kept(telling) == (1, 1)
    telling.deliver(lambda: len(telling.attempts()) == 3)
    assert kept(telling) == (0, 0)


def test_what_is_on_its_way_to_whoever_is_removed_is_recalled(telling: Telling, hook: Hook):
    gone = telling.receive("gone", hook)
    telling.begin()
    telling.receive("ops", hook)
    telling.happen(DONE)
    with telling.database.begin() as connection:
        outbox.recall(connection, gone)
    assert kept(telling) == (1, 1)


def test_a_clock_that_was_set_back_delays_nothing(telling: Telling, hook: Hook):
    telling.receive("ops", hook)
    telling.begin()
    with telling.database.look() as connection:
        early = outbox.due(connection, telling.clock.now() - timedelta(minutes=5))
        set_back = outbox.due(connection, telling.clock.now() - timedelta(days=5))
    assert (len(early), len(set_back)) == (0, 1)


def kept(telling: Telling) -> tuple[int, int]:
    """Return how many notices and how many deliveries there are."""
    with telling.database.look() as connection:
        counts = [sa.select(sa.func.count()).select_from(t) for t in (notices, notice_deliveries)]
        return tuple(connection.execute(each).scalar_one() for each in counts)


def test_what_a_newer_release_left_is_in_nobodys_way(telling: Telling, hook: Hook):
    telling.receive("ops", hook, kinds=frozenset({"done", "a newer kind"}))
    telling.receive("other", hook)
    with telling.database.begin() as connection:
        receivers = notice_receivers.update().where(notice_receivers.c.name == "other")
        connection.execute(receivers, {"form": "a newer form"})
        connection.execute(notice_deliveries.insert(), _on_its_way("other"))
    telling.begin()
    telling.happen(DONE)
    telling.deliver(lambda: len(telling.attempts()) == 1)
    assert kinds(hook) == ["done"]


def test_a_notice_that_an_older_release_named_keeps_its_name(telling: Telling, hook: Hook):
    telling.receive("ops", hook)
    telling.begin()
    with telling.database.begin() as connection:
        connection.execute(notices.update(), {"id": "as it was named"})
        connection.execute(notice_deliveries.update(), {"notice": "as it was named"})
    telling.deliver(lambda: len(telling.attempts()) == 1)
    assert hook.got[0].headers["webhook-id"] == "as it was named"
    assert kept(telling) == (0, 0)


def _on_its_way(receiver: str):
    due = datetime(2026, 1, 15, tzinfo=UTC)
    return {"notice": "n1", "receiver": receiver, "attempts": 0, "due": due}


def test_a_yes_is_a_yes_though_its_body_never_ends(telling: Telling, hook: Hook):
    hook.said, hook.promised = b"o", 2
    telling.receive("ops", hook)
    telling.begin()
    telling.deliver(lambda: len(telling.attempts()) == 1, limit=1.0)
    assert telling.attempts()[0].result == Result.DELIVERED
