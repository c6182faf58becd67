"""HAProxy's own life: how it is started, found again, replaced, and started after its death."""

import asyncio
import os
import signal
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.router.asking import Echo, get, until
from tests.contract.router.backend import backend
from tests.contract.router.load import load, some_requests
from tests.contract.router.running import WEB, nobody, router_for, running, table

from convox.errors import RouterError
from convox.host.clock import SystemClock
from convox.rackd.router_upkeep import RouterUpkeep


def test_the_last_table_holds_again_when_haproxy_was_killed():
    async def scenario():
        async with running() as rack, backend("web") as web:
            await rack.router.apply(table(web.target))
            os.kill(rack.accepting(), signal.SIGKILL)
            await until(lambda: stopped(rack))
            await rack.router.apply(table(web.target))
            assert await get(rack.at(WEB)) == "web"

    asyncio.run(scenario())


def test_haproxy_is_started_again_when_nobody_applies_anything():
    async def scenario():
        said = []
        async with running() as rack, backend("web") as web, asyncio.TaskGroup() as group:
            await rack.router.apply(table(web.target))
            upkeep = RouterUpkeep(router=rack.router, clock=SystemClock(), narrate=said.append)
            looking = group.create_task(upkeep.run())
            os.kill(rack.accepting(), signal.SIGKILL)
            await until(lambda: heard(said))
            assert await get(rack.at(WEB)) == "web"
            looking.cancel()
        assert said == ["HAProxy had ended and was started again"]

    asyncio.run(scenario())


async def heard(said):
    return bool(said)


async def stopped(rack):
    return not rack.router.is_running()


def test_haproxy_starts_with_what_it_knew_when_no_table_has_come_yet():
    async def scenario():
        async with running() as rack, backend("web") as web:
            await rack.router.apply(table(web.target))
            os.kill(rack.accepting(), signal.SIGKILL)
            await until(lambda: stopped(rack))
            await rack.another().start()
            assert await get(rack.at(WEB)) == "web"

    asyncio.run(scenario())


def test_haproxy_is_adopted_when_another_control_plane_starts():
    async def scenario():
        async with running() as rack, backend("old") as old, backend("new") as new:
            await rack.router.apply(table(old.target))
            process = rack.accepting()
            second = rack.another()
            await second.start()
            await second.apply(table(new.target))
            assert await get(rack.at(WEB)) == "new"
            await rack.router.apply(table(old.target))
            assert await get(rack.at(WEB)) == "old", "what another has changed is noticed"
            assert rack.accepting() == process

    asyncio.run(scenario())


def test_haproxy_is_adopted_when_its_start_was_not_remembered():
    async def scenario():
        async with running() as rack, backend("old") as old, backend("new") as new:
            await rack.router.apply(table(old.target))
            process = rack.accepting()
            (rack.settings.directory / "workers.json").unlink()
            await rack.another().apply(table(new.target))
            assert rack.accepting() == process
            assert await get(rack.at(WEB)) == "new"

    asyncio.run(scenario())


def test_an_older_worker_is_not_forgotten_when_the_newest_was_not_remembered():
    async def scenario():
        async with running() as rack, backend("web") as web:
            await rack.router.apply(table(web.target))
            held = await Echo.open(rack.at(WEB))
            remembered = rack.settings.directory / "workers.json"
            before = remembered.read_bytes()
            await rack.router.replace()
            remembered.write_bytes(before)
            await rack.another().start()
            assert rack.finishing() == 1
            assert await rack.router.serving() == {"web": 1}
            held.close()

    asyncio.run(scenario())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_every_worker_is_listed_when_one_finishes():
    async def scenario():
        async with running() as rack, backend("web") as web:
            await rack.router.apply(table(web.target))
            held = await Echo.open(rack.at(WEB))
            before = rack.accepting()
            await rack.router.replace()
            newest, *older = await rack.router.workers()
            assert (newest.is_accepting, newest.pid.number) == (True, rack.accepting())
            assert (False, before) in [(worker.is_accepting, worker.pid.number) for worker in older]
            assert newest.version[0].isdigit()
            held.close()
            await rack.router.stop()
            assert await rack.router.workers() == []

    asyncio.run(scenario())


def test_haproxy_drops_to_its_user_and_can_still_be_replaced_when_root_starts_it():
    async def scenario():
        async with running(runs_as=nobody()) as rack, backend("web") as web:
            await rack.router.apply(table(web.target))
            await rack.router.replace()
            status = Path(f"/proc/{rack.accepting()}/status").read_text()
            user, group = nobody()
            assert f"Uid:\t{user}\t{user}" in status
            assert f"Gid:\t{group}\t{group}" in status
            held = await Echo.open(rack.at(WEB))
            await rack.router.replace()
            assert await rack.router.serving() == {"web": 1}
            held.close()

    asyncio.run(scenario())


def test_starting_says_who_has_the_port_when_it_is_in_use():
    async def scenario():
        async with running() as rack:
            with socket.create_server(("127.0.0.1", 0)) as other:
                port = other.getsockname()[1]
                directory = rack.settings.directory.with_name("second")
                second = router_for(replace(rack.settings, directory=directory, http_port=port))
                said = f"{port}, the rack's HttpPort: .*, process {os.getpid()} does; stop it"
                with pytest.raises(RouterError, match=said):
                    await second.start()
                assert not second.is_running()

    asyncio.run(scenario())


def test_everything_stays_as_it_was_when_haproxy_refuses_the_configuration():
    async def scenario():
        async with running() as rack, backend("web") as web:
            await rack.router.apply(table(web.target))
            process = rack.accepting()
            broken = router_for(replace(rack.settings, listen="no address"))
            with pytest.raises(RouterError, match="cannot load the router's configuration"):
                await broken.replace()
            assert rack.accepting() == process
            assert await get(rack.at(WEB)) == "web"

    asyncio.run(scenario())


@pytest.mark.parametrize("damage", [b"", b"{", b"[]"], ids=["empty", "truncated", "another"])
def test_no_request_fails_when_the_router_has_lost_what_it_wrote_down(damage):
    async def scenario():
        async with running() as rack, backend("old") as old, backend("new") as new:
            await rack.router.apply(table(old.target))
            process = rack.accepting()
            async with load(rack.at(WEB)) as counted:
                for name in ("table.json", "workers.json"):
                    (rack.settings.directory / name).write_bytes(damage)
                later = rack.another()
                await later.start()
                await later.apply(table(new.target, draining=[old.target]))
                await some_requests(counted)
            assert counted.failures == []
            assert rack.accepting() == process
            assert await get(rack.at(WEB)) == "new"

    asyncio.run(scenario())
