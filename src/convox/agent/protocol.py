r"""What control plane and agent say to each other over ``agent.sock``.

One JSON object a line. The agent speaks first::

    {"epoch": 1, "instance": ID, "image": ID, "pid": N}

Then each request is answered by one line, ``{"error": TEXT}`` where it is refused:

    {"do": "list"}                                   {"processes": [...]}
    {"do": "start", "spec": {...}}                   {}
    {"do": "stop", "process": ID, "grace": SECONDS}  {}
    {"do": "shutdown", "grace": SECONDS}             {}, and all ends
    {"do": "watch"}                                  {"changed": true} at once and after each change
    {"do": "execute", "process": ID, "command": [...],
     "terminal": {"height": N, "width": N} or null}  {}, and then both sides talk at will

While a command runs the control plane says ``{"input": BASE64}`` and ``{"end": true}`` (no more
input), the agent ``{"output": BASE64}`` and last ``{"exit": STATUS}``. A connection that ends
ends the command.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convox.agent.process import Process

EPOCH = 1
LONGEST = 8 * 1024 * 1024  # bytes of one line

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, message: Message) -> None:
        """Send one message, as fast as the other side reads."""
        self.writer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        await self.writer.drain()

    async def hear(self) -> Message | None:
        """Return the next message, ``None`` at the end; ``ValueError`` where it is not one."""
        line = await self.reader.readline()
        if not line:
            return None
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError("a message is an object")  # noqa: TRY004 - it is a value from outside
        return message


def describe(process: Process) -> Message:
    """Return what ``list`` says of a process."""
    spec, status = process.spec, process.status
    return {
        "id": spec.id,
        "app": spec.app,
        "service": spec.service,
        "release": spec.release,
        "command": list(spec.command),
        "scheme": spec.scheme,
        "port": process.place.port,
        "state": status.state.value,
        "healthy": status.healthy,
        "reason": status.reason,
        "started": status.started,
        "restarts": status.restarts,
        "exit_status": status.exit_status,
        "pid": status.pid,
    }
