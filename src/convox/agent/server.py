"""Answer the control plane on ``agent.sock``."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Mapping

from convox.agent.attached import attend
from convox.agent.identity import Identity
from convox.agent.machine import Machine
from convox.agent.protocol import EPOCH, LONGEST, Conversation, Message, describe
from convox.agent.refusal import Refusal

_SOCKET = "agent.sock"  # relative to the agent's directory: a path may be too long for a socket
_Reply = Callable[[Message, Conversation], Awaitable[None]]


class Server:
    """The conversations of one agent."""

    def __init__(self, identity: Identity, machine: Machine) -> None:
        self._identity = identity
        self._machine = machine
        self._replies: Mapping[str, _Reply] = {
            "list": self._list,
            "start": self._start,
            "stop": self._stop,
            "shutdown": self._shut_down,
            "watch": self._watch,
            "execute": self._execute,
        }

    async def listen(self) -> asyncio.Server:
        """Open the socket; one that an earlier life left behind is replaced."""
        return await asyncio.start_unix_server(self._converse, _SOCKET, limit=LONGEST)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = Conversation(reader=reader, writer=writer)
        greeting = {
            "epoch": EPOCH,
            "instance": self._identity.id,
            "image": self._identity.image,
            "pid": os.getpid(),
        }
        try:
            with contextlib.suppress(ConnectionError):
                await talk.say(greeting)
                while (request := await talk.hear()) is not None:
                    await self._answer(request, talk)
        except ValueError as error:
            with contextlib.suppress(ConnectionError):
                await talk.say({"error": f"cannot read a message: {error}"})
        finally:
            writer.close()

    async def _answer(self, request: Message, talk: Conversation) -> None:
        try:
            await self._replies[request["do"]](request, talk)
        except ConnectionError:
            raise
        except (KeyError, TypeError) as error:
            await talk.say({"error": f"cannot understand the request: {error!r}"})
        except Refusal as refusal:
            await talk.say({"error": str(refusal)})
        except OSError as error:
            await talk.say({"error": f"cannot {request['do']}: {error}"})

    async def _list(self, request: Message, talk: Conversation) -> None:
        found = [describe(process) for process in self._machine.processes.values()]
        await talk.say({"processes": found})

    async def _start(self, request: Message, talk: Conversation) -> None:
        self._machine.start(request["spec"])
        await talk.say({})

    async def _stop(self, request: Message, talk: Conversation) -> None:
        self._machine.stop(request["process"], request["grace"])
        await talk.say({})

    async def _shut_down(self, request: Message, talk: Conversation) -> None:
        await talk.say({})
        self._machine.leave(request["grace"])

    async def _watch(self, request: Message, talk: Conversation) -> None:
        async for _ in self._machine.changes.watch():
            await talk.say({"changed": True})

    async def _execute(self, request: Message, talk: Conversation) -> None:
        process = self._machine.processes.get(request["process"])
        if process is None:
            raise Refusal(f"cannot find process {request['process']}: it is not here")
        await attend(process.place, request["command"], request["terminal"], talk)
