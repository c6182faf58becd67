"""Who is let in, and what everybody is told."""

import asyncio

import pytest
from tests.contract.api.rack import ApiRack, run
from tests.contract.api.raw import HandshakeError


def test_check_is_open_and_auth_is_not():
    async def scenario(made: ApiRack) -> None:
        check = await made.client.call("GET", "/check", password=None)
        assert (check.status, check.text) == (200, "ok")
        for password in (None, "", "wrong", "abcDEF12", "abcDEF1234"):
            refused = await made.client.call("GET", "/auth", password=password)
            assert (refused.status, refused.text) == (401, "invalid authentication\n")
        allowed = await made.client.call("GET", "/auth")
        assert (allowed.status, allowed.text) == (200, "ok\n")

    run(scenario)


def test_any_user_is_let_in_with_the_password_and_nobody_with_a_broken_header():
    async def scenario(made: ApiRack) -> None:
        header = {"Authorization": "Basic YW55Ym9keTphYmNERUYxMjM="}  # anybody:abcDEF123
        assert (await made.client.call("GET", "/auth", headers=header)).status == 200
        for value in ("Bearer abcDEF123", "Basic", "Basic ???", "Basic abc", "Basic /////w=="):
            header = {"Authorization": value}
            assert (await made.client.call("GET", "/auth", headers=header)).status == 401

    run(scenario)


def test_a_socket_is_refused_without_the_password():
    async def scenario(made: ApiRack) -> None:
        with pytest.raises(HandshakeError, match="401"):
            await made.client.open("/system/logs", password="wrong")

    run(scenario)


def test_unknown_routes_and_methods_are_404_with_nothing_to_read():
    async def scenario(made: ApiRack) -> None:
        for method, path in (
            ("GET", "/racks"),
            ("GET", "/nothing"),
            ("GET", "/apps/"),
            ("DELETE", "/system"),
            ("HEAD", "/apps"),
        ):
            answer = await made.client.call(method, path)
            assert (answer.status, answer.body) == (404, b""), path

    run(scenario)


def test_a_second_slash_at_the_start_is_forgiven():
    async def scenario(made: ApiRack) -> None:
        assert await made.client.get("//apps") == []

    run(scenario)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/certificates"),
        ("POST", "/certificates/generate"),
        ("DELETE", "/registries/registry.test/path"),
        ("OPTIONS", "/resources"),
        ("POST", "/system/jwt/token"),
        ("GET", "/apps/hello/builds/BABCDEFGHIJ.tgz"),
    ],
)
def test_what_this_rack_does_not_do_says_so(method, path):
    async def scenario(made: ApiRack) -> None:
        answer = await made.client.call(method, path)
        assert answer.status == 404
        assert answer.text.startswith("this rack does not ")

    run(scenario)


def test_a_socket_that_this_rack_does_not_have_says_so_and_fails():
    async def scenario(made: ApiRack) -> None:
        stream = await made.client.open("/proxy/127.0.0.1/5432")
        output, status = await stream.read()
        assert output.startswith(b"ERROR: this rack does not relay")
        assert status == 1

    run(scenario)


def test_every_route_is_described_and_every_description_is_a_route():
    async def scenario(made: ApiRack) -> None:
        described = await made.client.get("/openapi.json")
        assert described["openapi"].startswith("3.1")
        for path, operations in described["paths"].items():
            for method, operation in operations.items():
                assert operation["summary"], (method, path)
                assert operation["responses"], (method, path)
        get = described["paths"]["/apps/{app}"]["get"]
        schema = get["responses"]["200"]["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/App"}
        promote = described["paths"]["/apps/{app}/releases/{release}/promote"]["post"]
        assert [wanted["name"] for wanted in promote["parameters"]] == ["app", "release"]

    run(scenario)


def test_requests_are_answered_while_others_hold_streams():
    async def scenario(made: ApiRack) -> None:
        streams = [await made.client.open("/system/logs") for _ in range(20)]
        answers = await asyncio.gather(*(made.client.call("GET", "/system") for _ in range(20)))
        assert [answer.status for answer in answers] == [200] * 20
        for stream in streams:
            stream.leave()

    run(scenario)
