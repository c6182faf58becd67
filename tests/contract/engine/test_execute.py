"""Commands run beside a process with a person's streams."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.contract.engine.laboratory import lives, until

from convox.engine.engine import ProcessId, ProcessState, TerminalSize
from convox.errors import EngineError, NotFound

TERMINAL = TerminalSize(height=30, width=90)


class Person:
    """Somebody who types, and sees what is shown; ``stays`` without closing the input."""

    def __init__(self, *typed: bytes, stays: bool = False) -> None:
        self.typed = typed
        self.stays = stays
        self.seen = b""

    async def input(self) -> AsyncIterator[bytes]:
        for data in self.typed:
            yield data
        if self.stays:
            await asyncio.Event().wait()

    async def output(self, data: bytes) -> None:
        self.seen += data


COMMANDS = {
    "output and status": (["sh", "-c", "echo out; echo err >&2; exit 7"], (), b"out\nerr\n", 7),
    "input to its end": (["cat"], (b"one\n", b"two"), b"one\ntwo", 0),
    "much input": (["wc", "-c"], (b"x" * 100000,) * 20, b"2000000\n", 0),
    "unread input": (["true"], (b"x" * 100000,) * 20, b"", 0),
    "killed": (["sh", "-c", "kill -9 $$"], (), b"", 137),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_a_command_has_its_input_its_output_and_its_status(rack, case):
    command, typed, shown, status = COMMANDS[case]

    async def scenario():
        process = await rack.start("sleep", scheme=None)
        person = Person(*typed)
        assert await rack.engine.execute(process, command, person, terminal=None) == status
        assert person.seen == shown

    asyncio.run(scenario())


def test_a_command_has_the_directory_environment_and_user_of_the_process(rack):
    async def scenario():
        started = await rack.start("serve", environment={"COLOR": "blue"})
        process = await rack.healthy(started)
        person = Person()
        words = ["sh", "-c", "pwd; echo $COLOR; echo $HOST:$PORT; id -u"]
        await rack.engine.execute(started, words, person, terminal=None)
        wanted = [str(rack.slug), "blue", process.address, str(rack.uid)]
        assert person.seen.decode().split() == wanted

    asyncio.run(scenario())


def test_a_large_output_arrives_whole_when_the_person_is_slow(rack):
    class Slow(Person):
        async def output(self, data: bytes) -> None:
            await asyncio.sleep(0.001)
            self.seen += data

    async def scenario():
        process = await rack.start("sleep", scheme=None)
        for terminal, end in ((None, b"\n"), (TERMINAL, b"\r\n")):
            person = Slow(stays=True)
            words = ["seq", "200000"]
            await rack.engine.execute(process, words, person, terminal=terminal)
            assert person.seen.split(end)[:-1] == [str(n).encode() for n in range(1, 200001)]

    asyncio.run(scenario())


def test_a_terminal_is_real_and_has_the_size_of_the_persons(rack):
    async def scenario():
        process = await rack.start("sleep", scheme=None)
        person = Person(stays=True)
        words = ["sh", "-c", "test -t 0 && stty size && echo $TERM && echo x > /dev/tty; exit 5"]
        assert await rack.engine.execute(process, words, person, terminal=TERMINAL) == 5
        assert person.seen == b"30 90\r\nxterm-256color\r\nx\r\n"

    asyncio.run(scenario())


def test_a_shell_ends_when_the_person_closes_the_input_of_a_terminal(rack):
    async def scenario():
        process = await rack.start("sleep", scheme=None)
        person = Person(b"echo $((40 + 2))\n")
        assert await rack.engine.execute(process, ["sh"], person, terminal=TERMINAL) == 0
        assert b"42\r\n" in person.seen

    asyncio.run(scenario())


def test_typing_control_c_interrupts_the_program_on_a_terminal(rack):
    class Impatient(Person):
        async def input(self) -> AsyncIterator[bytes]:
            await until(lambda: b"ready" in self.seen)
            yield b"\x03"
            await asyncio.Event().wait()

    async def scenario():
        process = await rack.start("sleep", scheme=None)
        words = ["sh", "-c", "echo ready; exec sleep 600"]
        assert await rack.engine.execute(process, words, Impatient(), terminal=TERMINAL) == 130

    asyncio.run(scenario())


def test_a_command_that_cannot_be_run_is_refused(rack):
    async def scenario():
        process = await rack.start("sleep", scheme=None)
        with pytest.raises(EngineError, match="cannot run no-such: No such file"):
            await rack.engine.execute(process, ["no-such"], Person(), terminal=None)

    asyncio.run(scenario())


def test_a_command_is_refused_when_there_is_no_such_process(rack):
    async def scenario():
        await rack.launch()
        with pytest.raises(NotFound, match="no such process"):
            await rack.engine.execute(ProcessId("web-none"), ["true"], Person(), terminal=None)

    asyncio.run(scenario())


def test_a_command_ends_when_the_person_leaves(rack):
    async def scenario():
        process = await rack.start("sleep", scheme=None)
        person = Person(stays=True)
        words = ["sh", "-c", "echo $$; trap '' HUP; while true; do sleep 1; done"]
        async with asyncio.TaskGroup() as tasks:
            attached = tasks.create_task(rack.engine.execute(process, words, person, terminal=None))
            await until(lambda: person.seen.endswith(b"\n"))
            assert lives(int(person.seen))
            attached.cancel()
        await until(lambda: not lives(int(person.seen)))

    asyncio.run(scenario())


def test_a_person_who_cannot_be_shown_anything_ends_the_command(rack):
    class Absent(Person):
        async def output(self, data: bytes) -> None:
            self.seen += data
            raise BrokenPipeError("the person has left")

    async def scenario():
        process = await rack.start("sleep", scheme=None)
        person = Absent(stays=True)
        words = ["sh", "-c", "echo $$; sleep 600"]
        with pytest.raises(Exception, match="beside"):
            await rack.engine.execute(process, words, person, terminal=None)
        await until(lambda: not lives(int(person.seen)))

    asyncio.run(scenario())


def test_a_command_ends_with_the_process_beside_it(rack):
    async def scenario():
        process = await rack.start("sleep", scheme=None)
        person = Person(stays=True)
        async with asyncio.TaskGroup() as tasks:
            words = ["sh", "-c", "echo ready; exec sleep 600"]
            status = tasks.create_task(rack.engine.execute(process, words, person, terminal=None))
            await until(lambda: person.seen)
            await rack.engine.stop(process, grace=5)
        assert status.result() == 137

    asyncio.run(scenario())


def test_a_command_leaves_nothing_behind_and_the_process_alone(rack):
    async def scenario():
        process = await rack.start("sleep", scheme=None)
        person = Person()
        words = ["sh", "-c", "sleep 600 & echo $!"]
        assert await rack.engine.execute(process, words, person, terminal=None) == 0
        assert not lives(int(person.seen))
        seen = await rack.healthy(process)
        assert (seen.state, seen.restarts) == (ProcessState.RUNNING, 0)

    asyncio.run(scenario())
