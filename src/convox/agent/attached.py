"""Run a command beside a process, its streams attached to a connection."""

import asyncio
import base64
import contextlib
import fcntl
import io
import os
import signal
import struct
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from convox.agent import restarts, streams
from convox.agent.child import Child, spawn, spawn_on_terminal
from convox.agent.leftovers import Session
from convox.agent.place import Place
from convox.agent.protocol import Conversation, Message
from convox.agent.refusal import Refusal

_LAST_WORDS = 1.0  # seconds for the output of a command that has ended
_FAREWELL = 1.0  # seconds for a command whose person has left
_TERMINAL = {"TERM": "xterm-256color"}
_END_OF_INPUT = b"\x04\x04"  # typed to a terminal: end the line, then the input


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A command that runs, and our ends of its streams: one and the same for a terminal."""

    child: Child
    source: io.FileIO
    sink: io.FileIO

    @property
    def is_on_terminal(self) -> bool:
        return self.source is self.sink


async def attend(
    place: Place,
    command: Sequence[str],
    terminal: Mapping[str, int] | None,
    talk: Conversation,
) -> None:
    """Run a command to its end; ``Refusal`` where it cannot be started."""
    try:
        attached = _on_terminal(place, command, terminal) if terminal else _on_pipes(place, command)
    except OSError as error:
        raise Refusal(restarts.describe_refusal(command[0], error)[1]) from error
    session = place.note(attached.child)
    try:
        with attached.source, attached.sink:
            await talk.say({})
            code = await _converse(attached, place, session, talk)
    finally:
        await place.end_session(session)
    await talk.say({"exit": restarts.shell_status(code)})


async def _converse(
    attached: Attached,
    place: Place,
    session: Session | None,
    talk: Conversation,
) -> int:
    """Pass on what both sides say until the command has ended; return its exit code."""
    async with asyncio.TaskGroup() as tasks:
        feeding = tasks.create_task(_feed(attached, talk))
        copying = tasks.create_task(_copy(attached, talk))
        code = await attached.child.ended
        # Only when nobody holds the other end of its streams do they end.
        await place.end_session(session)
        await asyncio.wait((copying,), timeout=_LAST_WORDS)
        copying.cancel()
        feeding.cancel()
    return code


def _on_pipes(place: Place, command: Sequence[str]) -> Attached:
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        stdin, sink = os.pipe()
        theirs.callback(os.close, stdin)
        ours.callback(os.close, sink)
        source, output = os.pipe()
        theirs.callback(os.close, output)
        ours.callback(os.close, source)
        program = place.program(command, {})
        child = spawn(program, place.host.reaper, stdin=stdin, output=output)
        ours.pop_all()
    return Attached(child=child, source=io.FileIO(source, "rb"), sink=io.FileIO(sink, "wb"))


def _on_terminal(place: Place, command: Sequence[str], size: Mapping[str, int]) -> Attached:
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        master, slave = os.openpty()
        theirs.callback(os.close, slave)
        ours.callback(os.close, master)
        os.fchown(slave, place.host.account.uid, -1)
        shape = struct.pack("HHHH", size["height"], size["width"], 0, 0)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, shape)
        program = place.program(command, _TERMINAL)
        child = spawn_on_terminal(program, place.host.reaper, terminal=slave)
        ours.pop_all()
    terminal = io.FileIO(master, "r+b")
    return Attached(child=child, source=terminal, sink=terminal)


async def _copy(attached: Attached, talk: Conversation) -> None:
    # A person who has left is noticed, and acted on, where their input is read.
    with contextlib.suppress(ConnectionError):
        async for chunk in streams.chunks(attached.source.fileno()):
            await talk.say({"output": base64.b64encode(chunk).decode()})


async def _feed(attached: Attached, talk: Conversation) -> None:
    """Pass input on; a connection that ends, or says what is no message, ends the command."""
    with contextlib.suppress(ValueError, ConnectionError):
        while (message := await talk.hear()) is not None:
            await _pass_on(attached, message)
    attached.child.signal(signal.SIGHUP)
    await asyncio.sleep(_FAREWELL)
    attached.child.signal(signal.SIGKILL)


async def _pass_on(attached: Attached, message: Message) -> None:
    if attached.sink.closed:
        return
    try:
        if "input" in message:
            await streams.write(attached.sink.fileno(), base64.b64decode(message["input"]))
        elif attached.is_on_terminal:
            await streams.write(attached.sink.fileno(), _END_OF_INPUT)
        else:
            attached.sink.close()
    except OSError:
        # The command reads no more; what it writes is still wanted.
        if not attached.is_on_terminal:
            attached.sink.close()
