"""What a router promises, kept by a real HAProxy between real clients and real servers."""

import asyncio
import itertools

import pytest
from tests.contract.router.asking import Echo, get, many, until
from tests.contract.router.backend import backend, retire
from tests.contract.router.load import load, some_requests
from tests.contract.router.running import WEB, nobody, route, running, table

from convox.router.route import RouteTable
from convox.testing.requests import FailureError


def test_no_request_fails_when_targets_are_swapped_thirty_times():
    async def scenario():
        async with running() as rack, backend("old") as old, backend("new") as new:
            await rack.router.apply(table(old.target))
            process = rack.accepting()
            async with load(rack.at(WEB)) as counted:
                for _ in range(15):
                    await rack.router.apply(table(new.target, draining=[old.target]))
                    await some_requests(counted)
                    await rack.router.apply(table(old.target, draining=[new.target]))
                    await some_requests(counted)
            assert counted.failures == []
            assert counted.answers["old"] > 100
            assert counted.answers["new"] > 100
            assert rack.accepting() == process, "a swap reloads nothing"

    asyncio.run(scenario())


def test_no_request_fails_when_processes_drain_and_end_one_after_another():
    async def scenario():
        async with running() as rack, many(12) as backends:
            await rack.router.apply(table(backends[0].target))
            async with load(rack.at(WEB)) as counted:
                for old, new in itertools.pairwise(backends):
                    await rack.router.apply(table(new.target, draining=[old.target]))
                    await until(lambda name=old.name: serves(rack, name, 0))
                    await retire(old)
                    await rack.router.apply(table(new.target))
                    await some_requests(counted)
            assert counted.failures == []
            assert len(counted.answers) == 12

    asyncio.run(scenario())


def test_nothing_fails_and_all_get_requests_when_a_service_outgrows_its_slots():
    async def scenario():
        async with running() as rack, many(20) as backends:
            targets = [one.target for one in backends]
            await rack.router.apply(table(targets[0]))
            process = rack.accepting()
            async with load(rack.at(WEB)) as counted:
                await rack.router.apply(table(*targets[:8]))
                await some_requests(counted, 200)
                assert rack.accepting() == process
                await rack.router.apply(table(*targets))
                await some_requests(counted, 200)
                assert rack.accepting() != process
                await rack.router.apply(table(*targets[:3], draining=targets[3:]))
                await some_requests(counted, 200)
            assert counted.failures == []
            assert len(counted.answers) == 20

    asyncio.run(scenario())


def test_no_request_fails_when_services_come_and_go():
    async def scenario():
        async with running() as rack, backend("web") as web, backend("other") as other:
            only = table(web.target)
            await rack.router.apply(only)
            async with load(rack.at(WEB)) as counted:
                for number in range(5):
                    more = route(f"app{number}/api", other.target)
                    both = RouteTable(routes={**only.routes, more.name: more})
                    await rack.router.apply(both)
                    assert await get(rack.at(more.hosts[0])) == "other"
                    assert await get(rack.over_tls(more.hosts[0])) == "other"
                    process = rack.accepting()
                    await rack.router.apply(only)
                    assert rack.accepting() == process, "a service that goes reloads nothing"
                    with pytest.raises(FailureError, match="404"):
                        await get(rack.at(more.hosts[0]))
                    await some_requests(counted)
            assert counted.failures == []

    asyncio.run(scenario())


def test_no_request_fails_when_the_process_is_replaced_five_times():
    async def scenario():
        async with running() as rack, backend("web") as web:
            await rack.router.apply(table(web.target))
            processes = {rack.accepting()}
            async with load(rack.at(WEB)) as plain, load(rack.over_tls(WEB), clients=1) as secure:
                for _ in range(5):
                    await rack.router.replace()
                    processes.add(rack.accepting())
                    await some_requests(plain, 100)
            assert plain.failures == []
            assert secure.failures == []
            assert len(processes) == 6

    asyncio.run(scenario())


def test_a_websocket_survives_when_its_target_drains_and_haproxy_is_replaced():
    async def scenario():
        async with running() as rack, backend("old") as old, backend("new") as new:
            await rack.router.apply(table(old.target))
            sockets = [await Echo.open(rack.at(WEB)), await Echo.open(rack.over_tls(WEB))]
            draining = table(new.target, draining=[old.target])
            await rack.router.apply(draining)
            assert (await rack.router.serving())["old"] == 2
            for _ in range(3):
                await rack.router.replace()
                assert all([await each.works() for each in sockets])
            assert (await rack.router.serving())["old"] == 2
            assert await get(rack.at(WEB)) == "new"
            sockets[0].close()
            await until(lambda: serves(rack, "old", 1))
            sockets[1].close()
            await until(lambda: serves(rack, "old", 0))

    asyncio.run(scenario())


def test_an_old_connection_reaches_the_present_target_when_haproxy_was_replaced_since():
    async def scenario():
        async with running(runs_as=nobody()) as rack, backend("old") as old, backend("new") as new:
            await rack.router.apply(table(old.target))
            kept = [await rack.at(WEB).connect() for _ in range(4)]
            assert {await each.request("GET", "/") for each in kept} == {b"old"}
            await rack.router.replace()
            await rack.router.apply(table(new.target, draining=[old.target]))
            await until(lambda: serves(rack, "old", 0))
            await retire(old)
            await rack.router.apply(table(new.target))
            methods = ("GET", "POST", "GET", "POST")
            answers = [await one.request(how, "/") for one, how in zip(kept, methods, strict=True)]
            assert set(answers) == {b"new"}
            assert "\r\nx-forwarded-for: 127.0.0.1\r\nx-forwarded-for" not in new.heads[-1].lower()

    asyncio.run(scenario())


async def serves(rack, target, number):
    return (await rack.router.serving()).get(target, 0) == number


def test_what_is_open_is_still_known_when_the_target_has_left_the_table():
    async def scenario():
        async with running() as rack, backend("old") as old, backend("new") as new:
            await rack.router.apply(table(old.target))
            held = await Echo.open(rack.at(WEB))
            await rack.router.replace()
            await rack.router.apply(table(new.target))
            assert await rack.another().serving() == {"old": 1, "new": 0}
            held.close()
            await until(lambda: serves(rack, "old", 0))
            assert await rack.router.serving() == {"new": 0}

    asyncio.run(scenario())


def test_a_long_request_is_finished_when_its_target_drains():
    async def scenario():
        async with running() as rack, backend("old") as old, backend("new") as new:
            await rack.router.apply(table(old.target))
            async with asyncio.TaskGroup() as tasks:
                long = tasks.create_task(get(rack.at(WEB), "/hold"))
                await old.held.wait()
                await rack.router.apply(table(new.target, draining=[old.target]))
                assert (await rack.router.serving())["old"] == 1
                assert await get(rack.at(WEB)) == "new"
                old.let_go.set()
            assert long.result() == "old"
            await until(lambda: serves(rack, "old", 0))

    asyncio.run(scenario())


def test_a_draining_target_gets_requests_again_when_the_table_says_so():
    async def scenario():
        async with running() as rack, backend("one") as one, backend("two") as two:
            await rack.router.apply(table(one.target))
            await rack.router.apply(table(two.target, draining=[one.target]))
            await rack.router.apply(table(one.target))
            assert await get(rack.at(WEB)) == "one"

    asyncio.run(scenario())


def test_a_stream_is_cut_when_its_target_is_neither_routed_nor_draining():
    async def scenario():
        async with running() as rack, backend("old") as old, backend("new") as new:
            await rack.router.apply(table(old.target))
            held = await Echo.open(rack.at(WEB))
            await rack.router.apply(table(new.target))
            async with asyncio.timeout(5):
                assert await held.connection._reader.read() == b""
            assert await rack.router.serving() == {"new": 0}

    asyncio.run(scenario())


def test_a_client_stays_with_its_target_until_that_drains_when_the_route_is_sticky():
    async def scenario():
        async with running() as rack, backend("one") as one, backend("two") as two:
            await rack.router.apply(table(one.target, two.target, sticky=True))
            first, cookie = await get_with_cookie(rack.at(WEB), "")
            for _ in range(4):
                assert (await get_with_cookie(rack.at(WEB), cookie))[0] == first
            stays, goes = (two, one) if first == "one" else (one, two)
            await rack.router.apply(table(stays.target, draining=[goes.target], sticky=True))
            assert (await get_with_cookie(rack.at(WEB), cookie))[0] == stays.name

    asyncio.run(scenario())


async def get_with_cookie(target, cookie):
    reader, writer = await asyncio.open_connection(*target.address)
    fields = ["Connection: close", f"Cookie: {cookie}"] if cookie else ["Connection: close"]
    writer.write(target.head("GET", "/", *fields))
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    given = [line[12:].split(";")[0] for line in head.split("\r\n") if line.startswith("set-cooki")]
    return body, given[0] if given else cookie


def test_a_request_waits_when_a_service_has_no_target_for_a_moment():
    async def scenario():
        async with running() as rack, backend("web") as web:
            await rack.router.apply(table())
            async with asyncio.TaskGroup() as tasks:
                answer = tasks.create_task(get(rack.at(WEB)))
                await asyncio.sleep(0.5)
                await rack.router.apply(table(web.target))
            assert answer.result() == "web"

    asyncio.run(scenario())


def test_another_target_answers_when_one_has_died():
    async def scenario():
        async with running() as rack, backend("dead") as dead, backend("live") as live:
            await rack.router.apply(table(dead.target, live.target))
            dead.die()
            async with load(rack.at(WEB)) as counted:
                await some_requests(counted, 200)
            assert counted.failures == []
            assert set(counted.answers) == {"live"}

    asyncio.run(scenario())


def test_a_post_is_not_repeated_when_its_target_dies_in_the_middle():
    async def scenario():
        async with running() as rack, backend("dead") as dead, backend("live") as live:
            await rack.router.apply(table(dead.target))
            connection = await rack.at(WEB).connect()
            async with asyncio.TaskGroup() as tasks:
                sent = tasks.create_task(expect_502(connection))
                await dead.held.wait()
                await rack.router.apply(table(live.target, draining=[dead.target]))
                dead.die()
                await sent
            assert live.heads == []

    asyncio.run(scenario())


async def expect_502(connection):
    with pytest.raises(FailureError, match="502"):
        await connection.request("POST", "/hold")


def test_nothing_is_asked_or_written_when_the_same_table_is_applied_again():
    async def scenario():
        async with running() as rack, backend("web") as web:
            await rack.router.apply(table(web.target))
            written = (rack.settings.directory / "table.json").stat().st_mtime_ns
            await rack.router.apply(table(web.target))
            assert (rack.settings.directory / "table.json").stat().st_mtime_ns == written

    asyncio.run(scenario())


def test_requests_for_the_api_all_succeed_when_the_control_plane_changes():
    async def scenario():
        async with running() as rack:
            directory = rack.settings.directory
            first, second = (str(directory / name) for name in ("one.sock", "two.sock"))
            async with backend("one", path=first), backend("two", path=second):
                await rack.router.direct_api(first)
                async with load(rack.api(), clients=1) as counted:
                    for _ in range(5):
                        await some_requests(counted)
                        await rack.router.direct_api(second)
                        assert await get(rack.api()) == "two"
                        await some_requests(counted)
                        await rack.router.direct_api(first)
                        assert await get(rack.api()) == "one"
            assert counted.failures == []

    asyncio.run(scenario())


def test_requests_for_the_api_wait_when_the_control_plane_restarts():
    async def scenario():
        async with running() as rack:
            path = str(rack.settings.directory / "one.sock")
            await rack.router.direct_api(path)
            async with asyncio.TaskGroup() as tasks:
                answers = [tasks.create_task(get(rack.api())) for _ in range(5)]
                await asyncio.sleep(1.5)
                async with backend("back", path=path):
                    assert set(await asyncio.gather(*answers)) == {"back"}

    asyncio.run(scenario())


def test_a_service_is_told_who_asks_and_how():
    async def scenario():
        async with running() as rack, backend("web") as web:
            await rack.router.apply(table(web.target))
            await get(rack.over_tls(WEB))
            head = web.heads[-1].lower()
            assert "\r\nx-forwarded-for: 127.0.0.1\r\n" in head
            assert "\r\nx-forwarded-proto: https\r\n" in head
            assert f"\r\nx-forwarded-port: {rack.settings.https_port}\r\n" in head
            assert f"\r\nhost: {WEB}\r\n" in head

    asyncio.run(scenario())
