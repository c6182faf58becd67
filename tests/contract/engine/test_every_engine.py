"""What the rollout relies on, on the engine of real machines and on the simulated one alike."""

import asyncio
import re
import signal
from collections.abc import Iterator

import pytest
from tests.contract.engine.laboratory import LocalLaboratory
from tests.contract.engine.simulated import SimulatedLaboratory

from convox.engine.engine import (
    InstanceId,
    InstanceSpec,
    InstanceState,
    ProcessId,
    ProcessState,
)
from convox.errors import RackError

_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \w+/\w+(/\S+)? .+")

Laboratory = LocalLaboratory | SimulatedLaboratory


@pytest.fixture(params=[LocalLaboratory, SimulatedLaboratory], ids=["local", "simulated"])
def lab(request: pytest.FixtureRequest) -> Iterator[Laboratory]:
    opened = request.param()
    yield opened
    opened.close()


def test_a_process_is_listed_with_where_it_is_and_what_it_is_when_it_is_healthy(lab) -> None:
    async def scenario() -> None:
        instance = await lab.launch()
        spec = lab.spec("serve")
        await lab.engine.start(spec, instance=instance)
        seen = await lab.healthy(spec.id)
        assert (seen.app, seen.service, seen.release) == (spec.app, spec.service, spec.release)
        assert (seen.instance, seen.state, seen.reason) == (instance, ProcessState.RUNNING, "")
        assert (seen.command, seen.scheme, seen.restarts) == (spec.command, "http", 0)
        (where,) = [item for item in await lab.engine.instances() if item.id == instance]
        assert seen.address.rpartition(":")[0] == where.address

    asyncio.run(scenario())


def test_a_process_without_a_port_has_no_address(lab) -> None:
    async def scenario() -> None:
        seen = await lab.healthy(await lab.start("sleep", scheme=None))
        assert seen.address is None

    asyncio.run(scenario())


def test_a_process_that_never_was_healthy_is_starting_and_says_why(lab) -> None:
    async def scenario() -> None:
        seen = await lab.process(await lab.start("sleep"), lambda seen: bool(seen.reason))
        assert (seen.state, seen.healthy) == (ProcessState.STARTING, False)

    asyncio.run(scenario())


def test_starting_what_runs_changes_nothing(lab) -> None:
    async def scenario() -> None:
        instance, spec = await lab.launch(), lab.spec("serve")
        await lab.engine.start(spec, instance=instance)
        first = await lab.healthy(spec.id)
        await lab.engine.start(spec, instance=instance)
        assert [seen.started for seen in await lab.engine.processes()] == [first.started]

    asyncio.run(scenario())


def test_a_process_that_ends_by_itself_is_started_again_and_counted(lab) -> None:
    async def scenario() -> None:
        process = await lab.start("fail", "3", "no luck")
        seen = await lab.process(process, lambda seen: seen.restarts >= 2)
        assert not seen.healthy

    asyncio.run(scenario())


def test_a_one_off_process_that_ends_stays_listed_with_its_status_until_it_is_stopped(lab) -> None:
    async def scenario() -> None:
        process = await lab.start("fail", "1", "no luck", restart=False)
        seen = await lab.process(process, lambda seen: seen.state is ProcessState.EXITED)
        assert (seen.exit_status, seen.healthy) == (1, False)
        await lab.engine.stop(process, grace=1)
        await lab.gone(process)

    asyncio.run(scenario())


def test_a_process_that_is_stopped_goes_and_the_others_stay(lab) -> None:
    async def scenario() -> None:
        instance = await lab.launch()
        one = await lab.start("serve", instance=instance)
        other = await lab.start("serve", instance=instance)
        await lab.healthy(one)
        await lab.engine.stop(one, grace=5)
        await lab.engine.stop(one, grace=5)
        await lab.gone(one)
        assert (await lab.healthy(other)).restarts == 0

    asyncio.run(scenario())


def test_stopping_what_is_not_there_changes_nothing(lab) -> None:
    async def scenario() -> None:
        await lab.launch()
        await lab.engine.stop(ProcessId("web-nobody"), grace=1)
        assert list(await lab.engine.processes()) == []

    asyncio.run(scenario())


def test_launching_what_is_there_changes_nothing(lab) -> None:
    async def scenario() -> None:
        instance = await lab.launch()
        process = await lab.start("serve", instance=instance)
        await lab.healthy(process)
        await lab.engine.launch(InstanceSpec(id=instance, image=lab.image))
        (seen,) = await lab.engine.instances()
        assert (seen.state, seen.image, seen.processes) == (InstanceState.READY, lab.image, 1)
        assert (await lab.healthy(process)).restarts == 0

    asyncio.run(scenario())


def test_an_instance_that_dies_is_lost_until_it_is_terminated_and_its_processes_are_gone(
    lab,
) -> None:
    async def scenario() -> None:
        instance, other = await lab.launch(), await lab.launch()
        process = await lab.start("serve", instance=instance)
        await lab.healthy(process)
        lab.signal(instance, signal.SIGKILL)
        await lab.instance(instance, lambda seen: seen.state is InstanceState.LOST)
        assert list(await lab.engine.processes()) == []
        await lab.engine.terminate(instance)
        assert [seen.id for seen in await lab.engine.instances()] == [other]

    asyncio.run(scenario())


def test_terminating_ends_what_runs_there_and_may_be_repeated(lab) -> None:
    async def scenario() -> None:
        process = await lab.start("serve")
        instance = (await lab.healthy(process)).instance
        await lab.engine.terminate(instance)
        await lab.engine.terminate(instance)
        assert list(await lab.engine.instances()) == list(await lab.engine.processes()) == []

    asyncio.run(scenario())


def test_nothing_starts_on_an_instance_that_is_not_there(lab) -> None:
    async def scenario() -> None:
        with pytest.raises(RackError, match="cannot start web-"):
            await lab.engine.start(lab.spec("serve"), instance=InstanceId("i-00000000"))

    asyncio.run(scenario())


def test_the_log_has_lines_of_the_one_form(lab) -> None:
    async def scenario() -> None:
        process = await lab.start("serve")
        await lab.healthy(process)
        lines = await lab.lines()
        assert all(_LINE.fullmatch(line) for line in lines)
        assert any(process in line for line in lines)

    asyncio.run(scenario())
