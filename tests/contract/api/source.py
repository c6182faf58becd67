"""Sources of apps, packed as a Convox client packs them, and what is done with them."""

import io
import tarfile

from tests.contract.api.rack import ApiRack, app_is, until

MANIFEST = """\
services:
  web:
    build: .
    command: serve
    port: 3000
    environment: [GREETING=hello]
    scale: 2
  worker:
    build: .
    command: work
"""


def packed(files: dict[str, str]) -> list[bytes]:
    """Return a ``tar.gz`` in the pieces that it is sent in."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    data = stream.getvalue()
    return [data[start : start + 100] for start in range(0, len(data), 100)]


async def upload(made: ApiRack, app: str, manifest: str = MANIFEST) -> str:
    chunks = packed({"convox.yml": manifest})
    answer = await made.client.call("POST", f"/apps/{app}/objects/tmp/abc.tgz", chunks=chunks)
    assert answer.status == 200
    url: str = answer.json["Url"]
    return url


async def built(made: ApiRack, app: str, manifest: str = MANIFEST) -> dict:
    """Build a source to its end; return the build."""
    url = await upload(made, app, manifest)
    params = {"url": url, "description": "build 1234 first", "git-sha": "1234"}
    begun = (await made.client.call("POST", f"/apps/{app}/builds", params)).json
    assert begun["app"] == app
    assert begun["status"] == "running"
    stream = await made.client.open(f"/apps/{app}/builds/{begun['id']}/logs")
    await stream.read()
    return await made.client.get(f"/apps/{app}/builds/{begun['id']}")


async def deployed(made: ApiRack, app: str, manifest: str = MANIFEST) -> str:
    """Create an app and deploy a source; return the release."""
    if (await made.client.call("GET", f"/apps/{app}")).status == 404:
        await made.client.call("POST", "/apps", {"name": app})
    release = (await built(made, app, manifest))["release"]
    await promoted(made, app, release)
    return release


async def promoted(made: ApiRack, app: str, release: str) -> None:
    answer = await made.client.call("POST", f"/apps/{app}/releases/{release}/promote", {})
    assert answer.status == 200, answer.text
    await until(lambda: app_is(made, app, "running"))


async def services_of(made: ApiRack, app: str) -> list[str]:
    found = await made.client.get(f"/apps/{app}/processes")
    return [process["name"] for process in found if process["status"] == "running"]
