"""Instances are launched, lost, found again and terminated."""

import asyncio
import os
import signal

import pytest
from tests.contract.engine.laboratory import lives, until

from convox.engine.engine import InstanceId, InstanceSpec, InstanceState
from convox.errors import EngineError


def test_an_instance_says_what_it_is_when_it_is_ready(rack):
    async def scenario():
        instance = await rack.launch()
        await rack.healthy(await rack.start("serve", instance=instance))
        (seen,) = await rack.engine.instances()
        assert (seen.id, seen.image, seen.processes) == (instance, rack.image, 1)
        assert seen.address.startswith("127.")

    asyncio.run(scenario())


def test_instances_have_addresses_of_their_own(rack):
    async def scenario():
        instances = [await rack.launch() for _ in range(3)]
        seen = await rack.engine.instances()
        assert {one.id for one in seen} == set(instances)
        assert len({one.address for one in seen}) == 3

    asyncio.run(scenario())


def test_launching_what_runs_changes_nothing(rack):
    async def scenario():
        instance = await rack.launch()
        agent = rack.agent(instance)
        await rack.engine.launch(InstanceSpec(id=instance, image=rack.image))
        (seen,) = await rack.engine.instances()
        assert (seen.state, rack.agent(instance)) == (InstanceState.READY, agent)

    asyncio.run(scenario())


def test_launching_is_refused_when_the_image_is_not_there(rack):
    async def scenario():
        spec = InstanceSpec(id=InstanceId("i-1"), image="img-000000000000")
        with pytest.raises(EngineError, match="img-000000000000: it is not here"):
            await rack.engine.launch(spec)
        assert await rack.engine.instances() == []

    asyncio.run(scenario())


def test_everything_on_an_instance_dies_with_it(rack):
    async def scenario():
        instance = await rack.launch()
        other = await rack.healthy(await rack.start("serve"))
        server = await rack.healthy(await rack.start("serve", instance=instance))
        await rack.start("have_children", "stay", scheme=None, instance=instance)
        children = [int(word) for word in (await rack.line("children")).split()[-2:]]
        rack.signal(instance, signal.SIGKILL)
        await rack.instance(instance, lambda seen: seen.state is InstanceState.LOST)
        await until(lambda: not any(map(lives, [server.pid, *children])))
        assert [seen.id for seen in await rack.engine.processes()] == [other.id]
        assert lives(other.pid)

    asyncio.run(scenario())


def test_another_engine_finds_everything_as_it_was(rack):
    async def scenario():
        instance = await rack.launch()
        process = await rack.healthy(await rack.start("serve", instance=instance))
        rack.engine = rack.another_engine()
        assert [seen.id for seen in await rack.engine.instances()] == [instance]
        assert await rack.engine.processes() == [process]
        await rack.engine.stop(process.id, grace=5)
        await rack.gone(process.id)

    asyncio.run(scenario())


def test_a_process_is_restarted_while_no_engine_looks(rack):
    process = asyncio.run(_healthy_server(rack))
    os.kill(process.pid, signal.SIGKILL)
    rack.engine = rack.another_engine()

    async def scenario():
        seen = await rack.process(process.id, lambda seen: seen.restarts == 1 and seen.healthy)
        assert seen.address == process.address

    asyncio.run(scenario())


async def _healthy_server(rack):
    return await rack.healthy(await rack.start("serve"))


def test_terminating_ends_what_runs_and_leaves_nothing(rack):
    async def scenario():
        instance = await rack.launch()
        process = await rack.healthy(await rack.start("serve", instance=instance))
        agent = rack.agent(instance)
        await rack.engine.terminate(instance)
        assert not lives(process.pid)
        assert not lives(agent)
        assert await rack.engine.instances() == []
        assert list((rack.home / "instances").iterdir()) == []
        await rack.engine.terminate(instance)

    asyncio.run(scenario())


def test_an_instance_can_be_terminated_at_once(rack):
    async def scenario():
        instance = InstanceId("i-00000001")
        await rack.engine.launch(InstanceSpec(id=instance, image=rack.image))
        agent = rack.agent(instance)
        await rack.engine.terminate(instance)
        assert await rack.engine.instances() == []
        await until(lambda: not lives(agent))

    asyncio.run(scenario())


def test_a_lost_instance_can_be_terminated(rack):
    async def scenario():
        instance = await rack.launch()
        rack.signal(instance, signal.SIGKILL)
        await rack.engine.terminate(instance)
        assert await rack.engine.instances() == []

    asyncio.run(scenario())


def test_an_instance_that_hangs_holds_nothing_up_and_is_not_given_up_at_once(rack):
    async def scenario():
        instance, other = await rack.launch(), await rack.launch()
        process = await rack.healthy(await rack.start("serve", instance=instance))
        sibling = await rack.healthy(await rack.start("serve", instance=other))
        rack.signal(instance, signal.SIGSTOP)
        async with asyncio.timeout(15):
            ids = {seen.id for seen in await rack.engine.processes()}
            states = {seen.id: seen.state for seen in await rack.engine.instances()}
        assert ids == {process.id, sibling.id}
        assert states == {instance: InstanceState.READY, other: InstanceState.READY}
        await rack.engine.terminate(instance)
        assert [seen.id for seen in await rack.engine.processes()] == [sibling.id]
        assert not lives(process.pid)

    asyncio.run(scenario())


def test_an_instance_is_lost_when_it_hangs_for_long(rack):
    async def scenario():
        instance = await rack.launch()
        await rack.healthy(await rack.start("serve", instance=instance))
        rack.signal(instance, signal.SIGSTOP)
        rack.engine = rack.another_engine()
        (seen,) = await rack.engine.instances()
        assert seen.state is not InstanceState.READY
        assert await rack.engine.processes() == []

    asyncio.run(scenario())


def test_an_agent_that_is_told_to_end_lets_its_processes_finish(rack):
    async def scenario():
        instance = await rack.launch()
        await rack.start("say_farewell", scheme=None, instance=instance)
        await rack.line("ready")
        rack.signal(instance, signal.SIGTERM)
        await rack.instance(instance, lambda seen: seen.state is InstanceState.LOST)
        assert any(line.endswith("finished") for line in await rack.lines())

    asyncio.run(scenario())


def test_an_instance_that_boots_again_takes_up_what_it_ran(rack):
    async def scenario():
        instance = await rack.launch()
        kept = await rack.healthy(await rack.start("serve", instance=instance))
        once = await rack.start("sleep", restart=False, scheme=None, instance=instance)
        gone = await rack.start("sleep", scheme=None, instance=instance)
        await rack.engine.stop(gone, grace=5)
        await rack.gone(gone)
        rack.signal(instance, signal.SIGKILL)
        await rack.instance(instance, lambda seen: seen.state is InstanceState.LOST)
        await rack.engine.launch(InstanceSpec(id=instance, image=rack.image))
        again = await rack.healthy(kept.id)
        assert again.instance == instance
        assert once not in {seen.id for seen in await rack.engine.processes()}

    asyncio.run(scenario())


def test_watching_tells_of_processes_and_of_instances(rack):
    async def scenario():
        notices = 0

        async def count():
            nonlocal notices
            async for _ in rack.engine.watch():
                notices += 1

        instance = await rack.launch()
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(count())
            await until(lambda: notices)
            await asyncio.sleep(1)
            before = notices
            await asyncio.sleep(2)
            assert notices == before, "nothing happened, and yet it told"
            process = await rack.start("sleep", scheme=None, instance=instance)
            await until(lambda: notices > before)
            await rack.healthy(process)
            before = notices
            rack.signal(instance, signal.SIGKILL)
            await until(lambda: notices > before)
            watching.cancel()

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ["agent.json", "agent.pid"])
@pytest.mark.parametrize("damage", ["", "{", "[]"], ids=["empty", "truncated", "another"])
def test_an_instance_is_found_again_when_its_file_is_damaged(name, damage, rack):
    async def scenario():
        instance = await rack.launch()
        process = await rack.start("serve", instance=instance)
        await rack.healthy(process)
        (rack.home / "instances" / instance / name).write_text(damage)
        (seen,) = await rack.another_engine().instances()
        assert (seen.id, seen.state, seen.processes) == (instance, InstanceState.READY, 1)

    asyncio.run(scenario())


def test_the_others_are_still_seen_when_all_that_is_known_of_an_instance_is_damaged(rack):
    async def scenario():
        lost, kept = await rack.launch(), await rack.launch()
        for name in ("agent.json", "agent.copy.json"):
            (rack.home / "instances" / lost / name).write_text("")
        (seen,) = await rack.another_engine().instances()
        assert seen.id == kept
        # No engine can end what it does not see, so the agent would outlive the test.
        rack.signal(lost, signal.SIGKILL)
        await until(lambda: not lives(rack.agent(lost)))

    asyncio.run(scenario())
