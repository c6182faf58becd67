"""Who is told of updates, over the API, with a real receiver."""

import json
import logging

from tests.contract.api.rack import NEXT, ApiRack, run
from tests.contract.notices.servers import Hook, listening

from convox.audit.entry import Kind
from convox.audit.history import entries
from convox.notices import outbox

PATH = "/system/notifications"


async def add(made: ApiRack, **values: str):
    return await made.client.call("POST", PATH, values)


def test_a_receiver_is_added_tried_shown_and_removed():
    async def scenario(made: ApiRack) -> None:
        with listening(Hook()) as hook:
            answer = await add(made, form="webhook", address=hook.url, kinds="done,failed")
            assert answer.status == 200, answer.text
            secret = answer.json["secret"]
            assert secret.startswith("whsec_")
            tried = await made.client.call("POST", f"{PATH}/webhook/test", {})
            assert (tried.json["result"], tried.json["status"]) == ("delivered", 200)
            assert json.loads(hook.got[0].body)["kind"] == "test"
            [shown] = await made.client.get(PATH)
            assert (shown["name"], shown["kinds"]) == ("webhook", ["done", "failed"])
            assert shown["latest"] == tried.json
            listed = await made.client.get(f"{PATH}/deliveries")
            assert listed == [tried.json]
            with made.database.look() as connection:
                told = [each.text for each in entries(connection, kind=Kind.RECEIVER)]
            assert all(secret not in text and "T0K3N" not in text for text in told)
            assert secret not in json.dumps([shown, listed])
            assert "T0K3N" not in json.dumps([shown, listed])
            assert (await made.client.call("DELETE", f"{PATH}/webhook")).status == 200
            assert await made.client.get(PATH) == []

    run(scenario)


def test_no_secret_is_shown_again_whatever_becomes_of_it(caplog):
    caplog.set_level(logging.DEBUG)

    async def scenario(made: ApiRack) -> None:
        secret, password, plain = "S3CR3T-of-the-hook", "PASSW0RD%40x", "PASSW0RD@x"
        url = "https://example.invalid/x"
        mail = {"form": "mail", "address": "ann@example.com"}
        server = f"://rack%40example.com:{password}@127.0.0.1:9"
        answers = [
            await add(made, **mail, server=f"smtp{server}"),
            await add(made, **mail, server=f"smtp+plain{server}"),
            await add(made, **mail, server=f"smtp{server}", secret=secret),
            await add(made, form="webhook", address=f"https://u:{plain}@example.com"),
            await add(made, form="chat", address=url, secret=secret),
            await add(made, form="webhook", address=url, secret=f"{secret}\n"),
            await made.client.call("POST", f"{PATH}/mail/test", {}),
        ]
        given = await add(made, form="webhook", address="http://127.0.0.1:9/x", secret=secret)
        assert (given.status, given.json["secret"]) == (200, secret)  # to whoever gave it
        answers.append(await made.client.call("POST", f"{PATH}/webhook/test", {}))
        assert [each.status for each in answers] == [200, 400, 400, 400, 400, 400, 200, 200]
        with made.database.look() as connection:
            history = [f"{each.text} {each.detail}" for each in entries(connection)]
        assert any("mail is added" in each for each in history)
        listed = [await made.client.get(PATH), await made.client.get(f"{PATH}/deliveries")]
        told = f"{[each.text for each in answers]} {history} {listed} {caplog.text}"
        assert [each for each in (secret, password, plain) if each in told] == []

    run(scenario)


def test_a_test_says_what_is_wrong():
    async def scenario(made: ApiRack) -> None:
        with listening(Hook(statuses=[404], said=b"no such channel")) as hook:
            await add(made, form="chat", address=hook.url, name="ops")
            tried = await made.client.call("POST", f"{PATH}/ops/test", {})
        assert tried.json["result"] == "given up"
        assert tried.json["error"] == "HTTP 404: no such channel"

    run(scenario)


def test_what_cannot_be_added_is_refused_with_the_way_out():
    async def scenario(made: ApiRack) -> None:
        url = "https://example.com/x"
        cases = [
            ({"form": "pigeon", "address": url}, 400, "the forms are webhook, chat, mail"),
            ({"form": "webhook", "address": "example.com"}, 400, "give one as https://host/path"),
            ({"form": "webhook", "address": url, "kinds": "x"}, 400, "the kinds are all"),
            ({"form": "webhook", "address": url, "secret": "x"}, 400, "16 to 200 signs"),
            ({"form": "webhook", "address": url, "server": "x"}, 400, "is for mail"),
            ({"form": "chat", "address": url, "secret": "s" * 16}, 400, "to a webhook"),
            ({"form": "mail", "address": "ann@example.com"}, 400, "mail server is no URL"),
            ({"form": "webhook"}, 400, "address is missing"),
        ]
        for values, status, said in cases:
            answer = await add(made, **values)
            assert (answer.status, said in answer.text) == (status, True), answer.text
        assert await made.client.get(PATH) == []
        await add(made, form="webhook", address=url, name="ops")
        again = await add(made, form="webhook", address=url, name="ops")
        assert (again.status, "give another name" in again.text) == (409, True)
        gone = await made.client.call("POST", f"{PATH}/shop/test", {})
        assert (gone.status, "there is ops" in gone.text) == (404, True)

    run(scenario)


def test_whoever_is_removed_is_told_nothing_more():
    async def scenario(made: ApiRack) -> None:
        await add(made, form="webhook", address="https://example.com/x")
        await made.client.call("POST", "/system/update/check", {})
        await made.client.call("DELETE", f"{PATH}/webhook")
        await add(made, form="webhook", address="https://example.com/x")
        with made.database.look() as connection:
            assert outbox.due(connection, made.use.updates.clock.now()) == []

    run(scenario)


def test_there_is_an_end_to_how_many_there_may_be():
    async def scenario(made: ApiRack) -> None:
        for _ in range(20):
            answer = await add(made, form="chat", address="https://example.com/x")
            assert answer.status == 200
        last = await add(made, form="chat", address="https://example.com/x")
        assert (last.status, "remove one first" in last.text) == (403, True)

    run(scenario)


def test_what_the_rack_decides_by_itself_is_told_once():
    async def scenario(made: ApiRack) -> None:
        with listening(Hook()) as hook:
            await add(made, form="webhook", address=hook.url)
            for _ in range(2):
                await made.client.call("POST", "/system/update/check", {})
            with made.database.look() as connection:
                due = outbox.due(connection, made.use.updates.clock.now())
        told = [(each.notice.kind, each.notice.version) for each in due]
        assert told == [("available", NEXT), ("waiting", NEXT)]

    run(scenario)
