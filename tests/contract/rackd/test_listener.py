"""The API's server on a real socket."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from convox.host import http
from convox.host.clock import SystemClock
from convox.rackd.listener import Listener


@pytest.fixture
def path():
    with tempfile.TemporaryDirectory(prefix="rackd-", dir="/tmp") as name:
        yield Path(name) / "rackd.sock"


def slow_application(begun: asyncio.Event, allowed: asyncio.Event) -> Starlette:
    async def slow(_):
        begun.set()
        await allowed.wait()
        return PlainTextResponse("at last")

    async def quick(_):
        return PlainTextResponse("at once")

    return Starlette(routes=[Route("/slow", slow), Route("/quick", quick)])


def test_a_socket_that_a_dead_control_plane_left_is_taken_over(path):
    async def story():
        for _ in range(2):
            application = slow_application(asyncio.Event(), asyncio.Event())
            async with Listener(application, path):
                answer = await http.get_unix(path, "/quick", {})
                assert (answer.status, answer.body) == (200, b"at once")
            path.touch()

    asyncio.run(story())


def test_what_is_open_ends_before_the_control_plane_does(path):
    async def story():
        begun, allowed = asyncio.Event(), asyncio.Event()
        async with Listener(slow_application(begun, allowed), path) as listener:
            asking = asyncio.ensure_future(http.get_unix(path, "/slow", {}))
            await begun.wait()
            clock = SystemClock()
            draining = asyncio.ensure_future(listener.drained(asyncio.Event(), clock, limit=30))
            await clock.sleep(1.5)
            assert not draining.done()
            allowed.set()
            await draining
            assert (await asking).body == b"at last"

    asyncio.run(story())


def test_whoever_is_told_to_end_does_not_wait_for_what_is_open(path):
    async def story():
        begun, allowed = asyncio.Event(), asyncio.Event()
        async with Listener(slow_application(begun, allowed), path) as listener:
            asking = asyncio.ensure_future(http.get_unix(path, "/slow", {}))
            await begun.wait()
            ending = asyncio.Event()
            ending.set()
            await listener.drained(ending, SystemClock(), limit=30)
            assert not asking.done()
            allowed.set()
            await asking

    asyncio.run(story())
