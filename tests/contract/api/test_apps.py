"""Apps come, are looked at, and go."""

import pytest
from tests.contract.api.rack import ApiRack, run, until
from tests.contract.api.source import deployed


def test_an_app_is_there_when_it_was_created():
    async def scenario(made: ApiRack) -> None:
        params = {"name": "zebra", "generation": "2"}
        created = (await made.client.call("POST", "/apps", params)).json
        await made.client.call("POST", "/apps", {"name": "hello"})
        assert created == {
            "name": "zebra",
            "status": "running",
            "release": "",
            "generation": "2",
            "locked": False,
            "router": "zebra.dev.test",
            "parameters": {},
            "redeploy": [],
        }
        assert [app["name"] for app in await made.client.get("/apps")] == ["hello", "zebra"]
        assert await made.client.get("/apps/zebra") == created

    run(scenario)


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("", 400, "name is missing"),
        ("Hello", 400, "lower-case"),
        ("9lives", 400, "begins with a letter"),
        ("a" * 41, 400, "up to 40"),
        ("a/b", 400, "lower-case"),
        ("dev", 400, "the rack's own"),
        ("taken", 409, "there is one already"),
        ("100%", 400, "100 percent"),
        ("a\0b", 400, "zero byte"),
    ],
)
def test_a_name_is_refused_when_no_app_may_have_it(name, status, text):
    async def scenario(made: ApiRack) -> None:
        await made.client.call("POST", "/apps", {"name": "taken"})
        answer = await made.client.call("POST", "/apps", {"name": name})
        assert answer.status == status
        assert text in answer.text
        assert "%" not in answer.text

    run(scenario)


def test_an_app_that_is_not_there_is_said_so_in_the_words_that_clients_know():
    async def scenario(made: ApiRack) -> None:
        for method, path in (
            ("GET", "/apps/nope"),
            ("GET", "/apps/nope/builds"),
            ("GET", "/apps/nope/releases"),
            ("GET", "/apps/nope/processes"),
            ("GET", "/apps/nope/services"),
            ("GET", "/apps/nope/resources"),
            ("DELETE", "/apps/nope"),
            ("POST", "/apps/nope/cancel"),
        ):
            answer = await made.client.call(method, path)
            assert answer.status == 404, path
            assert "no such app" in answer.text

    run(scenario)


def test_a_locked_app_is_not_deleted():
    async def scenario(made: ApiRack) -> None:
        await made.client.call("POST", "/apps", {"name": "hello"})
        await made.client.call("PUT", "/apps/hello", {"lock": "true"})
        assert (await made.client.get("/apps/hello"))["locked"] is True
        refused = await made.client.call("DELETE", "/apps/hello")
        assert refused.status == 403
        assert "locked" in refused.text
        await made.client.call("PUT", "/apps/hello", {"lock": "false"})
        assert (await made.client.call("DELETE", "/apps/hello")).status == 200

    run(scenario)


def test_a_deleted_app_stops_first_and_leaves_nothing():
    async def scenario(made: ApiRack) -> None:
        await deployed(made, "hello")
        assert await made.engine.processes()
        await made.client.call("DELETE", "/apps/hello")
        assert (await made.client.get("/apps/hello"))["status"] == "deleting"
        refused = await made.client.call("POST", "/apps/hello/services/web/processes", headers={})
        assert refused.status in {403, 404}

        async def is_gone() -> bool:
            return (await made.client.call("GET", "/apps/hello")).status == 404

        await until(is_gone)
        assert await made.engine.processes() == []
        assert not (made.home / "slugs" / "hello").exists()
        assert not (made.home / "objects" / "hello").exists()
        await made.client.call("POST", "/apps", {"name": "hello"})
        assert await made.client.get("/apps/hello/releases") == []
        assert await made.client.get("/apps/hello/processes") == []

    run(scenario)
