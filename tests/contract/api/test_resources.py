"""An app is given a real server, keeps it over deployments, and loses it with its own end."""

from tests.contract.api.rack import ApiRack, run, until
from tests.contract.api.source import built, deployed

from convox.control.desired import DesiredState, resource_specs

MANIFEST = """\
resources:
  cache:
    type: redis
services:
  web:
    build: .
    command: serve
    port: 3000
    resources: [cache]
"""


def url_of_web(made: ApiRack) -> str:
    desired = DesiredState(
        database=made.database, rack="dev", domain="dev.test", tools=lambda _: {}
    )
    (web,) = desired().services
    return web.environment["CACHE_URL"]


def test_a_resource_runs_as_long_as_its_app():
    async def scenario(made: ApiRack) -> None:
        made.home.chmod(0o711)
        await deployed(made, "hello", MANIFEST)
        (cache,) = await made.client.get("/apps/hello/resources")
        assert (cache["name"], cache["type"], cache["status"]) == ("cache", "redis", "running")
        assert url_of_web(made) == cache["url"]
        await deployed(made, "hello", MANIFEST)
        assert await made.client.get("/apps/hello/resources/cache") == cache
        missing = await made.client.call("GET", "/apps/hello/resources/nope")
        assert (missing.status, "no such resource" in missing.text) == (404, True)
        await made.client.call("DELETE", "/apps/hello")

        async def is_gone() -> bool:
            return (await made.client.call("GET", "/apps/hello")).status == 404

        await until(is_gone)
        assert not (made.home / "resources" / "hello" / "cache").exists()

    run(scenario)


def test_a_resource_that_the_rack_cannot_run_fails_the_build():
    async def scenario(made: ApiRack) -> None:
        await made.client.call("POST", "/apps", {"name": "hello"})
        build = await built(made, "hello", MANIFEST.replace("redis", "oracle"))
        assert build["status"] == "failed"
        assert "this rack has no type 'oracle'" in build["reason"]

    run(scenario)


def test_a_resource_keeps_its_type():
    async def scenario(made: ApiRack) -> None:
        made.home.chmod(0o711)
        await deployed(made, "hello", MANIFEST)
        build = await built(made, "hello", MANIFEST.replace("redis", "postgres"))
        path = f"/apps/hello/releases/{build['release']}/promote"
        refused = await made.client.call("POST", path, {})
        assert (refused.status, "it is a redis with data" in refused.text) == (400, True)
        await made.use.resources.servers.delete(next(iter(specs(made).values())))

    run(scenario)


def specs(made: ApiRack):
    with made.database.begin() as connection:
        return resource_specs(connection)
