"""Speak with an agent; its ``protocol`` module says how."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convox.errors import EngineError

READS = frozenset({1})
"""The epochs of agents that this engine can speak with."""

_LONGEST = 8 * 1024 * 1024  # bytes of one message

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A connection to an agent."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, message: Message) -> None:
        """Send one message."""
        self.writer.write(json.dumps(message).encode() + b"\n")
        await self.writer.drain()

    async def hear(self) -> Message:
        """Return the next message; ``EngineError`` where it is a refusal."""
        line = await self.reader.readline()
        if not line.endswith(b"\n"):
            raise ConnectionResetError("the agent has gone")
        message: dict[str, Any] = json.loads(line)
        if "error" in message:
            raise EngineError(message["error"])
        return message

    async def ask(self, message: Message) -> Message:
        """Send one message and return the answer."""
        await self.say(message)
        return await self.hear()


@contextlib.asynccontextmanager
async def converse(directory: Path) -> AsyncIterator[Conversation]:
    """Speak with the agent of an instance; ``OSError`` where it is not there."""
    with socket_path(directory) as path:
        reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST)
    talk = Conversation(reader=reader, writer=writer)
    try:
        epoch = (await talk.hear())["epoch"]
        if epoch not in READS:
            raise EngineError(
                f"cannot speak with instance {directory.name}: its agent speaks epoch {epoch}, "
                f"this rack {sorted(READS)}"
            )
        yield talk
    finally:
        writer.transport.abort()


@contextlib.contextmanager
def socket_path(directory: Path) -> Iterator[str]:
    """Lend a name of the agent's socket that is short enough for one (unix(7) allows 107 bytes)."""
    descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/agent.sock"
    finally:
        os.close(descriptor)
