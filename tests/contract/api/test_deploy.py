"""From a source to processes, as the client goes about it."""

import pytest
from tests.contract.api.rack import ApiRack, app_is, run, until
from tests.contract.api.raw import TEXT
from tests.contract.api.source import (
    MANIFEST,
    built,
    deployed,
    promoted,
    services_of,
    upload,
)

from convox.state.schema import builds


def test_a_source_becomes_a_running_release():
    async def scenario(made: ApiRack) -> None:
        await made.client.call("POST", "/apps", {"name": "hello"})
        build = await built(made, "hello")
        assert build["status"] == "complete"
        assert build["git-sha"] == "1234"
        assert build["manifest"] == MANIFEST
        assert build["started"].endswith("Z")
        release = await made.client.get(f"/apps/hello/releases/{build['release']}")
        assert release["build"] == build["id"]
        assert release["description"] == "build 1234 first"
        await promoted(made, "hello", release["id"])
        assert (await made.client.get("/apps/hello"))["release"] == release["id"]
        assert sorted(await services_of(made, "hello")) == ["web", "web", "worker"]
        assert [each["id"] for each in await made.client.get("/apps/hello/builds")] == [build["id"]]

    run(scenario)


def test_a_build_log_reads_the_same_whenever_it_is_read():
    async def scenario(made: ApiRack) -> None:
        await made.client.call("POST", "/apps", {"name": "hello"})
        url = await upload(made, "hello")
        begun = (await made.client.call("POST", "/apps/hello/builds", {"url": url})).json
        path = f"/apps/hello/builds/{begun['id']}/logs"
        first, _ = await (await made.client.open(path)).read()
        second, _ = await (await made.client.open(path)).read()
        assert first == second
        assert b"Building ." in first
        assert (await made.client.get(f"/apps/hello/builds/{begun['id']}"))["status"] == "complete"

    run(scenario)


def test_a_build_fails_with_its_reason_in_log_and_record():
    async def scenario(made: ApiRack) -> None:
        await made.client.call("POST", "/apps", {"name": "hello"})
        manifest = MANIFEST.replace("port:", "prot:")
        build = await built(made, "hello", manifest)
        assert build["status"] == "failed"
        assert "prot" in build["reason"]
        assert build["release"] == ""
        log, _ = await (await made.client.open(f"/apps/hello/builds/{build['id']}/logs")).read()
        assert b"ERROR: convox.yml:" in log
        assert await made.client.get("/apps/hello/releases") == []

    run(scenario)


def test_a_build_that_its_control_plane_left_is_failed():
    async def scenario(made: ApiRack) -> None:
        await made.client.call("POST", "/apps", {"name": "hello"})
        build = await built(made, "hello")
        with made.database.begin() as connection:
            connection.execute(builds.update().values(status="running"))
        made.use.builds.fail_abandoned()
        after = await made.client.get(f"/apps/hello/builds/{build['id']}")
        assert after["status"] == "failed"
        assert "build again" in after["reason"]

    run(scenario)


def test_only_the_apps_own_upload_can_be_built():
    async def scenario(made: ApiRack) -> None:
        for app in ("hello", "other"):
            await made.client.call("POST", "/apps", {"name": app})
        url = await upload(made, "other")
        for wrong in (url, "http://example.test/a.tgz", "object://hello/../other/tmp/abc.tgz"):
            answer = await made.client.call("POST", "/apps/hello/builds", {"url": wrong})
            assert answer.status == 400, wrong
        answer = await made.client.call("POST", "/apps/hello/builds", {"url": "object://hello/x"})
        assert answer.status == 404

    run(scenario)


def test_an_environment_is_carried_forward_and_described():
    async def scenario(made: ApiRack) -> None:
        await deployed(made, "hello")
        params = {"env": "B=two words & more\nA=1"}
        first = (await made.client.call("POST", "/apps/hello/releases", params)).json
        assert first["env"] == "A=1\nB=two words & more"
        assert first["description"] == "env add:A,B"
        params = {"env": "B=3\nC="}
        second = (await made.client.call("POST", "/apps/hello/releases", params)).json
        assert second["description"] == "env add:C change:B remove:A"
        assert second["build"] == first["build"] != ""
        empty = (await made.client.call("POST", "/apps/hello/releases", {"env": ""})).json
        assert empty["env"] == ""
        listed = await made.client.get("/apps/hello/releases?limit=2")
        assert [each["id"] for each in listed] == [empty["id"], second["id"]]
        assert "env" not in listed[0] or listed[0]["env"] == ""
        wrong = await made.client.call("POST", "/apps/hello/releases", {"env": "no equals"})
        assert wrong.status == 400

    run(scenario)


def test_a_release_is_not_promoted_when_its_environment_lacks_something():
    async def scenario(made: ApiRack) -> None:
        await made.client.call("POST", "/apps", {"name": "hello"})
        manifest = MANIFEST.replace("[GREETING=hello]", "[GREETING, SECRET]")
        build = await built(made, "hello", manifest)
        path = f"/apps/hello/releases/{build['release']}/promote"
        refused = await made.client.call("POST", path, {})
        assert refused.status == 400
        assert "required env: GREETING, SECRET" in refused.text
        params = {"env": "GREETING=a\nSECRET=b"}
        release = (await made.client.call("POST", "/apps/hello/releases", params)).json["id"]
        await promoted(made, "hello", release)

    run(scenario)


def test_an_older_release_comes_back_as_a_new_one():
    async def scenario(made: ApiRack) -> None:
        first = await deployed(made, "hello")
        second = await deployed(made, "hello", MANIFEST.replace("scale: 2", "scale: 1"))
        path = f"/apps/hello/releases/{first}/promote"
        refused = await made.client.call("POST", path, {})
        assert refused.status == 403
        assert "can not promote an older release, try rollback" in refused.text
        old = await made.client.get(f"/apps/hello/releases/{first}")
        params = {"build": old["build"], "env": old["env"]}
        again = (await made.client.call("POST", "/apps/hello/releases", params)).json["id"]
        assert again not in {first, second}
        await promoted(made, "hello", again)
        assert (await services_of(made, "hello")).count("web") == 2

    run(scenario)


def test_a_second_promotion_waits_for_the_first_unless_it_is_forced():
    async def scenario(made: ApiRack) -> None:
        release = await deployed(made, "hello")
        params = {"env": "A=1"}
        path = "/apps/hello/releases"
        next_one = (await made.client.call("POST", path, params)).json["id"]
        first = await made.client.call("POST", f"{path}/{next_one}/promote", {})
        refused = await made.client.call("POST", f"{path}/{next_one}/promote", {})
        forced = await made.client.call("POST", f"{path}/{next_one}/promote", {"force": "true"})
        assert (first.status, refused.status, forced.status) == (200, 403, 200)
        assert "app is currently updating" in refused.text
        await until(lambda: app_is(made, "hello", "running"))
        assert (await made.client.get("/apps/hello"))["release"] == next_one != release

    run(scenario)


def test_a_cancelled_deployment_turns_back():
    async def scenario(made: ApiRack) -> None:
        release = await deployed(made, "hello")
        idle = await made.client.call("POST", "/apps/hello/cancel")
        assert (idle.status, "app is not updating" in idle.text) == (403, True)
        params = {"env": "A=1"}
        path = "/apps/hello/releases"
        next_one = (await made.client.call("POST", path, params)).json["id"]
        await made.client.call("POST", f"{path}/{next_one}/promote", {})
        assert (await made.client.call("POST", "/apps/hello/cancel")).status == 200
        await until(lambda: app_is(made, "hello", "running"))
        assert (await made.client.get("/apps/hello"))["release"] == release

    run(scenario)


def test_services_are_scaled_and_restarted():
    async def scenario(made: ApiRack) -> None:
        await deployed(made, "hello")
        web, worker = await made.client.get("/apps/hello/services")
        assert (web["name"], web["count"], web["domain"]) == ("web", 2, "web.hello.dev.test")
        assert [(port["balancer"], port["container"]) for port in web["ports"]] == [
            (80, 3000),
            (443, 3000),
        ]
        assert worker["ports"] == []
        before = {each["id"] for each in await made.client.get("/apps/hello/processes")}
        params = {"count": "3", "memory": "1024"}
        assert (await made.client.call("PUT", "/apps/hello/services/web", params)).status == 200
        await until(lambda: app_is(made, "hello", "running"))
        assert (await services_of(made, "hello")).count("web") == 3
        restarted = await made.client.call("POST", "/apps/hello/services/web/restart")
        assert restarted.status == 200
        await until(lambda: app_is(made, "hello", "running"))
        after = await made.client.get("/apps/hello/processes?service=web")
        running = {each["id"] for each in after if each["status"] == "running"}
        assert len(running) == 3
        assert not running & before
        for params in ({"count": "-1"}, {"count": "many"}, {"memory": "9999999999"}):
            wrong = await made.client.call("PUT", "/apps/hello/services/web", params)
            assert wrong.status == 400
        missing = await made.client.call("PUT", "/apps/hello/services/nope", {"count": "1"})
        assert (missing.status, "no such service" in missing.text) == (404, True)

    run(scenario)


def test_an_apps_log_is_told_as_asked():
    async def scenario(made: ApiRack) -> None:
        await deployed(made, "hello")
        headers = {"Prefix": "true", "Follow": "false", "Filter": "service/worker"}
        frames = await (await made.client.open("/apps/hello/logs", headers)).frames()
        assert all(opcode == TEXT for opcode, _ in frames)
        lines = b"".join(data for _, data in frames).decode().splitlines()
        assert len(lines) == 1
        time, stream, text = lines[0].split(" ", 2)
        assert time.endswith("Z")
        assert stream.startswith("service/worker/worker-")
        assert text == "started"
        headers = {"Follow": "false", "Filter": "service/worker"}
        output, _ = await (await made.client.open("/apps/hello/logs", headers)).read()
        assert output == b"started\n"
        stream = await made.client.open("/apps/nope/logs")
        output, _ = await stream.read()
        assert output == b"ERROR: cannot find app nope: no such app\n"

    run(scenario)


@pytest.mark.parametrize(
    "key", ["../x", "a/../../x", ".hidden", "a//b", "a/.b", "%2e%2e/x", "a b", "x" * 600]
)
def test_an_object_stays_where_it_belongs(key):
    async def scenario(made: ApiRack) -> None:
        await made.client.call("POST", "/apps", {"name": "hello"})
        path = f"/apps/hello/objects/{key.replace(' ', '%20')}"
        answer = await made.client.call("POST", path, chunks=[b"x"])
        assert answer.status in {400, 404}
        assert list(made.home.rglob("x")) == []

    run(scenario)


def test_an_object_comes_back_as_it_was_stored():
    async def scenario(made: ApiRack) -> None:
        await made.client.call("POST", "/apps", {"name": "hello"})
        path = "/apps/hello/objects/deep/er/file.bin"
        content = [bytes(range(256)) * 40, b"\xff\x00", b"end"]
        stored = await made.client.call("POST", path, chunks=content)
        assert stored.json == {"Url": "object://hello/deep/er/file.bin"}
        assert (await made.client.call("GET", path)).body == b"".join(content)
        assert (await made.client.call("HEAD", path)).status == 200
        assert await made.client.get("/apps/hello/objects?prefix=deep/") == ["deep/er/file.bin"]
        assert (await made.client.call("DELETE", path)).status == 200
        assert (await made.client.call("HEAD", path)).status == 404
        assert (await made.client.call("GET", path)).status == 404

    run(scenario)
