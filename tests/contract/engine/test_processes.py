"""Processes are started, checked, restarted and stopped."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest
from tests.contract.engine.laboratory import get, lives, until

from convox.engine.engine import HealthCheck, InstanceId, ProcessId, ProcessState
from convox.errors import RackError


def test_a_process_answers_where_the_engine_says_when_it_is_healthy(rack):
    async def scenario():
        process = await rack.healthy(await rack.start("serve"))
        assert process.state is ProcessState.RUNNING
        assert (process.reason, process.restarts, process.scheme) == ("", 0, "http")
        assert (await get(process.address))["PORT"] == process.address.partition(":")[2]

    asyncio.run(scenario())


def test_a_process_may_listen_on_every_address(rack):
    async def scenario():
        process = await rack.healthy(await rack.start("serve", "0.0.0.0"))
        assert await get(process.address)

    asyncio.run(scenario())


def test_a_process_without_a_port_is_healthy_when_it_has_stayed_up(rack):
    async def scenario():
        process = await rack.healthy(await rack.start("sleep", scheme=None))
        assert (process.state, process.address) == (ProcessState.RUNNING, None)

    asyncio.run(scenario())


def test_a_redirect_is_healthy(rack):
    async def scenario():
        health = HealthCheck(path="/moved", interval=0.1, grace=0)
        await rack.healthy(await rack.start("serve", health=health))

    asyncio.run(scenario())


def test_https_is_checked_without_asking_who_signed(rack, tmp_path):
    from convox.host import commands

    async def scenario():
        file = rack.slug / "certificate.pem"
        request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=app"]
        await commands.check(["openssl", *request, "-keyout", file, "-out", tmp_path / "c"])
        file.write_bytes(file.read_bytes() + (tmp_path / "c").read_bytes())
        file.chmod(0o644)
        await rack.healthy(await rack.start("serve_tls", "certificate.pem", scheme="https"))

    asyncio.run(scenario())


UNHEALTHY = {
    "nothing listens": (("sleep",), "nothing listens on port {port} (the port in $PORT)"),
    "only loopback": (
        ("serve", "127.0.0.1"),
        "it listens on 127.0.0.1:{port} alone; it must listen on $HOST or on 0.0.0.0",
    ),
    "no HTTP": (("speak_no_http",), "GET /check was not answered in HTTP"),
}


@pytest.mark.parametrize("case", UNHEALTHY)
def test_the_reason_says_what_to_mend_when_a_process_is_not_healthy(rack, case):
    words, reason = UNHEALTHY[case]

    async def scenario():
        started = await rack.start(*words)
        port = (await rack.process(started, lambda seen: seen.pid)).address.partition(":")[2]
        wanted = reason.format(port=port)
        seen = await rack.process(started, lambda seen: seen.reason == wanted)
        assert (seen.state, seen.healthy) == (ProcessState.STARTING, False)

    asyncio.run(scenario())


def test_a_process_loses_and_regains_its_health_with_its_answers(rack):
    async def scenario():
        process = await rack.healthy(await rack.start("serve"))
        (rack.slug / "status").write_text("500")
        sick = await rack.process(process.id, lambda seen: not seen.healthy)
        assert (sick.reason, sick.state) == ("GET /check answered 500", ProcessState.RUNNING)
        (rack.slug / "status").write_text("200")
        well = await rack.healthy(process.id)
        assert (well.pid, well.restarts) == (process.pid, 0)

    asyncio.run(scenario())


def test_starting_is_refused_when_there_is_no_such_instance(rack):
    with pytest.raises(RackError, match="no instance i-none"):
        asyncio.run(rack.engine.start(rack.spec("serve"), instance=InstanceId("i-none")))


def test_a_process_is_started_again_ever_more_slowly_when_it_ends(rack):
    async def scenario():
        started = await rack.start("fail", "3", "no database")
        seen = await rack.process(started, lambda seen: seen.restarts == 1)
        assert (seen.reason, seen.exit_status) == ("exited with status 3: no database", 3)
        seen = await rack.process(started, lambda seen: seen.restarts == 3)
        assert seen.state is ProcessState.CRASHED
        await rack.line("starting it again in 2 s")
        told = [line for line in await rack.lines() if "starting it again" in line]
        assert [line.rpartition(" in ")[2] for line in told] == ["0.5 s", "1 s", "2 s"]

    asyncio.run(scenario())


def test_a_killed_process_comes_back_at_its_port_and_healthy(rack):
    async def scenario():
        first = await rack.healthy(await rack.start("serve"))
        os.kill(first.pid, signal.SIGKILL)
        crashed = await rack.process(first.id, lambda seen: seen.restarts == 1)
        assert crashed.reason.startswith("was killed by SIGKILL")
        second = await rack.healthy(first.id)
        assert (second.address, second.restarts, second.reason) == (first.address, 1, "")
        assert second.pid != first.pid

    asyncio.run(scenario())


def test_a_program_that_cannot_be_run_is_named(rack):
    async def scenario():
        started = await rack.start(command=("no-such-program",))
        seen = await rack.process(started, lambda seen: seen.state is ProcessState.CRASHED)
        assert seen.reason == "cannot run no-such-program: No such file or directory"
        assert seen.exit_status == 127

    asyncio.run(scenario())


def test_a_one_off_process_ends_and_stays_ended(rack):
    async def scenario():
        started = await rack.start("fail", "4", "done", restart=False, scheme=None)
        seen = await rack.process(started, lambda seen: seen.state is ProcessState.EXITED)
        assert (seen.exit_status, seen.pid, seen.healthy) == (4, None, False)
        assert seen.reason == "exited with status 4: done"
        await rack.engine.stop(started, grace=0)
        await rack.gone(started)

    asyncio.run(scenario())


def test_a_process_may_finish_within_its_grace_when_it_is_stopped(rack):
    async def scenario():
        started = await rack.start("say_farewell", scheme=None)
        await rack.line("ready")
        await rack.engine.stop(started, grace=20)
        seen = await rack.process(started, lambda seen: seen.state is ProcessState.STOPPING)
        assert not seen.healthy
        await rack.gone(started)
        said = [line.rpartition(" ")[2] for line in await rack.lines() if "service/web" in line]
        assert said == ["ready", "finishing", "finished"]

    asyncio.run(scenario())


def test_the_program_below_a_shell_may_finish_too(rack):
    async def scenario():
        command = ("sh", "-c", "/usr/bin/python3 program.py say_farewell; true")
        started = await rack.start(command=command, scheme=None)
        await rack.line("ready")
        await rack.engine.stop(started, grace=20)
        await rack.gone(started)
        assert any(line.endswith("finished") for line in await rack.lines())

    asyncio.run(scenario())


def test_a_process_that_ignores_the_request_is_killed_after_the_grace(rack):
    async def scenario():
        started = await rack.start("ignore", scheme=None)
        await rack.line("ready")
        pid = (await rack.process(started, lambda seen: seen.pid)).pid
        await rack.engine.stop(started, grace=0.5)
        assert lives(pid)
        await rack.gone(started)
        assert not lives(pid)

    asyncio.run(scenario())


def test_a_shorter_grace_wins_when_a_process_is_stopped_twice(rack):
    async def scenario():
        started = await rack.start("ignore", scheme=None)
        await rack.line("ready")
        await rack.engine.stop(started, grace=3600)
        await rack.engine.stop(started, grace=0)
        await rack.gone(started)

    asyncio.run(scenario())


def test_stopping_what_is_gone_changes_nothing(rack):
    async def scenario():
        await rack.launch()
        await rack.engine.stop(ProcessId("web-none"), grace=1)
        assert await rack.engine.processes() == []

    asyncio.run(scenario())


def test_a_process_that_waits_to_be_started_again_can_be_stopped(rack):
    async def scenario():
        started = await rack.start("fail", "1", "no")
        await rack.process(started, lambda seen: seen.restarts == 2)
        await rack.engine.stop(started, grace=10)
        await rack.gone(started)

    asyncio.run(scenario())


@pytest.mark.parametrize("then", ["stay", "crash"])
def test_nothing_that_a_process_started_outlives_it(rack, then):
    async def scenario():
        started = await rack.start("have_children", then, scheme=None)
        children = [int(word) for word in (await rack.line("children")).split()[-2:]]
        if then == "stay":
            assert all(map(lives, children))
            await rack.engine.stop(started, grace=10)
            await rack.gone(started)
        await until(lambda: not any(map(lives, children)))

    asyncio.run(scenario())


def test_a_process_has_the_environment_it_was_given_and_no_more(rack):
    async def scenario():
        given = {"COLOR": "blue", "PATH": "/app/bin", "PORT": "1", "HOME": "/nowhere"}
        started = await rack.start("report", environment=given)
        seen = await rack.process(started, lambda seen: seen.pid)
        facts = json.loads((await rack.line("environment")).split(" ", 2)[2])
        host, _, port = seen.address.partition(":")
        environment = facts["environment"]
        assert environment.pop("PATH").startswith("/app/bin:")
        assert Path(environment.pop("HOME")).name == "home"
        assert Path(environment.pop("TMPDIR")).name == "tmp"
        environment.pop("LC_CTYPE", None)  # Python's own (PEP 538)
        assert environment == {"COLOR": "blue", "PORT": port, "HOST": host}
        assert facts["directory"] == str(rack.slug)

    asyncio.run(scenario())


def test_a_process_has_none_of_the_rights_of_root(rack):
    async def scenario():
        await rack.start("report", scheme=None)
        facts = json.loads((await rack.line("environment")).split(" ", 2)[2])
        assert set(facts["ids"][:3]) == {rack.uid}
        assert 0 not in [*facts["ids"], *facts["groups"]]

    asyncio.run(scenario())


def test_a_process_can_write_its_home_and_not_what_belongs_to_the_rack(rack):
    async def scenario():
        script = 'echo x > "$HOME/f" && echo x > "$TMPDIR/f" && echo wrote; ls ../../..; echo x > f'
        started = await rack.start(command=("sh", "-c", script), scheme=None, restart=False)
        seen = await rack.process(started, lambda seen: seen.state is ProcessState.EXITED)
        assert seen.exit_status != 0 or rack.app_user is None
        assert any(line.endswith(" wrote") for line in await rack.lines())

    asyncio.run(scenario())


def test_processes_have_ports_of_their_own(rack):
    async def scenario():
        instances = [await rack.launch(), await rack.launch()]
        specs = [rack.spec("serve") for _ in range(6)]
        for number, spec in enumerate(specs):
            await rack.engine.start(spec, instance=instances[number % 2])
        addresses = [(await rack.healthy(spec.id)).address for spec in specs]
        ports = {int(address.partition(":")[2]) for address in addresses}
        assert len(ports) == 6
        assert all(20000 <= port < 32000 for port in ports)

    asyncio.run(scenario())


def test_a_failing_check_within_the_grace_is_no_news(rack):
    async def scenario():
        health = HealthCheck(path="/check", interval=0.1, grace=3600)
        process = await rack.healthy(await rack.start("serve", health=health))
        (rack.slug / "status").write_text("500")
        await asyncio.sleep(1)
        assert (await rack.healthy(process.id)).reason == ""

    asyncio.run(scenario())
