"""What holds for agents, which only the local engine has: bad times and bad company."""

import asyncio
import contextlib
import json
import os
import resource
from pathlib import Path

import pytest
from tests.contract.engine.laboratory import LocalLaboratory, lives, until

from convox.engine.engine import InstanceId, InstanceSpec, ProcessState
from convox.engine.local.engine import LocalEngine
from convox.errors import EngineError, HostError
from convox.host.clock import SystemClock


@pytest.fixture
def rack():
    opened = LocalLaboratory()
    yield opened
    opened.close()


@contextlib.contextmanager
def full_disk(agent: int):
    """Let no write of an agent to a file succeed."""
    _, hard = resource.prlimit(agent, resource.RLIMIT_FSIZE)
    resource.prlimit(agent, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(agent, resource.RLIMIT_FSIZE, (hard, hard))


def test_a_full_disk_costs_lines_and_new_processes_but_nothing_that_runs(rack):
    async def scenario():
        instance = await rack.launch()
        ticking = await rack.start("tick", scheme=None, instance=instance)
        await rack.line("tick 1")
        before = await rack.healthy(ticking)
        refused = rack.spec("serve")
        with full_disk(rack.agent(instance)):
            with pytest.raises(EngineError, match="cannot start"):
                await rack.engine.start(refused, instance=instance)
            seen = len(await rack.lines())
            await asyncio.sleep(0.5)
            assert len(await rack.lines()) <= seen + 1
        await rack.line(f"lines of {ticking} were lost")
        await rack.engine.start(refused, instance=instance)
        await rack.healthy(refused.id)
        after = await rack.healthy(ticking)
        assert (after.pid, after.restarts) == (before.pid, 0)

    asyncio.run(scenario())


MESSAGES = {
    "no JSON": b"hello\n",
    "no object": b"[1]\n",
    "no request": b"{}\n",
    "an unknown request": b'{"do": "dance"}\n',
    "no spec": b'{"do": "start"}\n',
    "half a spec": b'{"do": "start", "spec": {"id": "web-1"}}\n',
    "a spec of wrong types": b'{"do": "start", "spec": 7}\n',
    "no such process": b'{"do": "execute", "process": "x", "command": [], "terminal": null}\n',
}


@pytest.mark.parametrize("case", MESSAGES)
def test_an_agent_answers_what_it_does_not_understand_and_lives_on(rack, case):
    async def scenario():
        instance = await rack.launch()
        path = rack.home / "instances" / instance / "agent.sock"
        reader, writer = await asyncio.open_unix_connection(path)
        assert json.loads(await reader.readline())["instance"] == instance
        writer.write(MESSAGES[case])
        assert "cannot" in json.loads(await reader.readline())["error"]
        writer.close()
        await rack.healthy(await rack.start("serve", instance=instance))

    asyncio.run(scenario())


def test_an_agent_of_a_later_epoch_is_not_spoken_with(rack):
    async def scenario():
        instance = InstanceId("i-00000007")
        directory = rack.home / "instances" / instance
        directory.mkdir(parents=True)
        facts = {"id": instance, "image": rack.image, "address": "127.9.9.9"}
        facts |= {"launched": "2026-01-15T13:37:22+00:00", "logs": "", "user": rack.app_user}
        (directory / "agent.json").write_text(json.dumps(facts))

        async def greet(reader, writer):
            writer.write(b'{"epoch": 99}\n')
            await reader.read()
            writer.close()

        async with await asyncio.start_unix_server(greet, directory / "agent.sock"):
            with pytest.raises(EngineError, match=r"speaks epoch 99, this rack \[1\]"):
                await rack.engine.start(rack.spec("serve"), instance=instance)

    asyncio.run(scenario())


def test_only_the_racks_own_user_can_speak_with_an_agent(rack):
    async def scenario():
        instance = await rack.launch()
        directory = rack.home / "instances" / instance
        await rack.start("sleep", scheme=None, instance=instance)
        files = [directory / "agent.sock", directory / "agent.json", *directory.rglob("spec.json")]
        assert len(files) == 3
        assert {path.stat().st_mode & 0o077 for path in files} == {0}

    asyncio.run(scenario())


def test_a_directory_has_one_agent(rack):
    async def scenario():
        instance = await rack.launch()
        directory = rack.home / "instances" / instance
        argv = ["-I", "-S", rack.home / "images" / rack.image, "--home", directory]
        second = await asyncio.create_subprocess_exec(
            "/usr/bin/python3", *argv, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await second.communicate()
        assert (second.returncode, errors) == (1, f"instance {instance} runs already\n".encode())

    asyncio.run(scenario())


def test_two_racks_of_a_machine_do_not_share_addresses(rack):
    other = LocalLaboratory()
    try:
        asyncio.run(rack.launch())
        asyncio.run(other.launch())
        (one,) = asyncio.run(rack.engine.instances())
        (two,) = asyncio.run(other.engine.instances())
        assert one.address != two.address
    finally:
        other.close()


def test_a_home_may_be_too_deep_for_a_socket(rack):
    async def scenario():
        deep = rack.home / ("deep" * 20) / ("deeper" * 10)
        (deep / "images").parent.mkdir(parents=True)
        (deep / "images").symlink_to(rack.home / "images")
        rack.home = deep
        rack.engine = rack.another_engine()
        await rack.healthy(await rack.start("serve"))
        await rack.engine.terminate((await rack.engine.instances())[0].id)

    home = rack.home
    asyncio.run(scenario())
    rack.home = home


def test_a_slug_that_is_not_there_is_named(rack):
    async def scenario():
        missing = Path("/tmp/no-such-slug")
        started = await rack.start("serve", directory=missing)
        seen = await rack.process(started, lambda seen: seen.state is ProcessState.CRASHED)
        assert seen.reason == "cannot enter /tmp/no-such-slug: No such file or directory"

    asyncio.run(scenario())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root could run apps as root")
@pytest.mark.parametrize("user", [None, "root"])
def test_no_instance_is_launched_that_would_run_apps_as_root(rack, user):
    python = Path("/usr/bin/python3")
    engine = LocalEngine(home=rack.home, python=python, app_user=user, clock=SystemClock())
    with pytest.raises(EngineError, match="nothing of an app may run as root"):
        asyncio.run(engine.launch(InstanceSpec(id=InstanceId("i-1"), image=rack.image)))


def test_a_user_that_the_machine_does_not_know_is_named(rack):
    engine = LocalEngine(
        home=rack.home, python=Path("/usr/bin/python3"), app_user="nemo", clock=SystemClock()
    )
    with pytest.raises(HostError, match="nemo"):
        asyncio.run(engine.launch(InstanceSpec(id=InstanceId("i-1"), image=rack.image)))


def test_orphans_leave_no_zombie(rack):
    async def scenario():
        instance = await rack.launch()
        script = "for n in 1 2 3 4 5; do (sleep 0.2 &) ; done; echo started; sleep 600"
        await rack.start(command=("sh", "-c", script), scheme=None, instance=instance)
        await rack.line("started")
        agent = rack.agent(instance)

        def children() -> list[int]:
            tasks = Path(f"/proc/{agent}/task/{agent}/children")
            return [int(word) for word in tasks.read_text().split()]

        await until(lambda: len(children()) == 1)
        assert all(map(lives, children()))

    asyncio.run(scenario())
