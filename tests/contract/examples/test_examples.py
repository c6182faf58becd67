"""The examples work as they stand: built as nobody, served, and ended in order."""

import asyncio
import json
import os
import shutil
import signal
import tarfile
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest
from websockets.asyncio.client import connect

from convox.engine.local.builder.build import build
from convox.engine.local.builder.environment import process_environment
from convox.engine.local.builder.slug import Slug, manifest_of
from convox.host import http
from convox.host.clock import SystemClock
from convox.host.users import credentials
from convox.manifest.parse import parse
from convox.resources.resource import ResourceSpec, url
from convox.resources.servers import ResourceServers
from convox.testing.ports import free_port

EXAMPLES = Path(__file__).parents[3] / "examples"
USER = "nobody" if os.geteuid() == 0 else None
HOST = "127.0.0.1"


@pytest.fixture
def home() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="rack-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


async def built(home: Path, example: str) -> Slug:
    archive = home / f"{example}.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(EXAMPLES / example, ".")
    slug = home / "slugs" / example
    return await build(archive, slug, say=print, user=USER, home=home / "builder")


@asynccontextmanager
async def running(
    slug: Slug, service: str, variables: Mapping[str, str]
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Run a service as the manifest says; at the end it must end well when it is asked to."""
    port, folder = free_port(), slug.services[service]
    found = parse(manifest_of(slug.directory)[1], {}).services[service]
    defaults = {key: value for key, value in found.environment.items() if value is not None}
    process = await asyncio.create_subprocess_exec(
        *found.command,
        cwd=folder,
        env={
            **defaults,
            **variables,
            **process_environment(folder, user=USER),
            "HOST": HOST,
            "PORT": str(port),
        },
        **credentials(USER),
    )
    try:
        yield process, port
        process.send_signal(signal.SIGTERM)
        assert await process.wait() in {0, -signal.SIGTERM}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def fetch(port: int, path: str) -> http.Answer:
    """GET a page from a process that may still be starting."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await http.get(HOST, port, path, {})
            except OSError:
                await asyncio.sleep(0.05)


async def post(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, port)
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2]


def test_the_node_example_greets(home: Path) -> None:
    async def story() -> None:
        slug = await built(home, "node")
        async with running(slug, "web", {"GREETING": "Good day"}) as (_, port):
            assert (await fetch(port, "/")).body.startswith(b"Good day from ")

    asyncio.run(story())


def test_the_procfile_example_shows_its_page(home: Path) -> None:
    async def story() -> None:
        slug = await built(home, "procfile")
        async with running(slug, "web", {}) as (_, port):
            assert b"Hello from a Procfile" in (await fetch(port, "/")).body

    asyncio.run(story())


@pytest.mark.long
def test_the_hello_example_serves_counts_and_works(home: Path) -> None:
    async def story() -> None:
        slug = await built(home, "hello")
        spec = ResourceSpec(
            app="hello", name="database", type="postgres", port=free_port(), password="s3cret"
        )
        servers = ResourceServers(home=home, user=USER, clock=SystemClock())
        await servers.ensure(spec)
        try:
            variables = {"DATABASE_URL": url(spec)}
            async with (
                running(slug, "web", variables) as (_, web),
                running(slug, "solo", {}) as (_, solo),
                running(slug, "worker", variables) as (worker, _),
            ):
                await check_web(web)
                assert json.loads((await fetch(solo, "/")).body)["requests"] == 1
                await check_worker(url(spec), worker.pid)
        finally:
            await servers.delete(spec)

    asyncio.run(story())


async def check_web(port: int) -> None:
    assert (await fetch(port, "/check")).status == 200
    assert b"<h1>Hello</h1>" in (await fetch(port, "/")).body
    assert [json.loads(await post(port, "/visits"))["visits"] for _ in range(3)] == [1, 2, 3]
    assert json.loads((await fetch(port, "/visits")).body)["visits"] == 3
    assert b"0.1 seconds later" in (await fetch(port, "/slow?seconds=0.1")).body
    assert (await fetch(port, "/slow?seconds=x")).status == 400
    async with connect(f"ws://{HOST}:{port}/ws") as socket:
        await socket.send("hi")
        messages = [json.loads(await socket.recv()) for _ in range(4)]
    assert [message["tick"] for message in messages if "tick" in message] == [0, 1, 2]
    assert [message["echo"] for message in messages if "echo" in message] == ["hi"]


async def check_worker(database: str, pid: int) -> None:
    async with (
        asyncio.timeout(30),
        await psycopg.AsyncConnection.connect(database, autocommit=True) as connection,
    ):
        beats = 0
        while beats < 3:
            cursor = await connection.execute(
                "SELECT count(*) FROM heartbeats WHERE process = %s", (f"{HOST}/{pid}",)
            )
            ((beats,),) = await cursor.fetchall()
