"""Ask the keeper."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convox.errors import HostError, Refused
from convox.update.keeper import KeeperStatus

_PATIENCE = 20.0  # seconds; more than the keeper takes to look at a copy of itself


@dataclass(frozen=True, slots=True, kw_only=True)
class KeeperClient:
    """The keeper of one rack, at ``HOME/run/keeper.sock``.

    Every call fails with ``HostError`` where no keeper answers, and with ``Refused`` where it says
    no.
    """

    socket: Path

    async def status(self) -> KeeperStatus:
        """Return what it does now."""
        return await self._ask({"do": "status"})

    async def switch(self, slot: str, *, seconds: float) -> KeeperStatus:
        """Start a slot beside the current one; without a sign of life it is given up."""
        return await self._ask({"do": "switch", "slot": slot, "seconds": seconds})

    async def withdraw(self, slot: str) -> KeeperStatus:
        """Take a switch back that led to nothing: this slot still acts and goes on."""
        return await self._ask({"do": "withdraw", "slot": slot})

    async def prolong(self, slot: str) -> KeeperStatus:
        """Give the slot its time anew, if it is the one on trial; else nothing happens."""
        return await self._ask({"do": "prolong", "slot": slot})

    async def commit(self, slot: str) -> KeeperStatus:
        """Keep the slot, or acknowledge that the keeper fell back to it."""
        return await self._ask({"do": "commit", "slot": slot})

    async def revert(self, reason: str) -> KeeperStatus:
        """Give up the slot on trial: it is stopped, and the previous one starts anew."""
        return await self._ask({"do": "revert", "reason": reason})

    async def replace(self, copy: Path) -> KeeperStatus:
        """Have it become another copy of itself; it is when ``status().keeper`` names that one."""
        return await self._ask({"do": "replace", "directory": str(copy)})

    async def stop(self) -> KeeperStatus:
        """Have it stop every rackd and end; it has when nobody answers any more."""
        return await self._ask({"do": "stop"})

    async def _ask(self, request: Mapping[str, Any]) -> KeeperStatus:
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await self._exchange(json.dumps(request).encode() + b"\n")
        except (OSError, ValueError) as error:
            raise HostError(
                f"cannot {request['do']}: the keeper does not answer at {self.socket}: {error};"
                " start it with `convox rack start`"
            ) from error
        if "error" in answer:
            raise Refused(answer["error"])
        return KeeperStatus(**{name: answer[name] for name in KeeperStatus.__slots__})

    async def _exchange(self, line: bytes) -> Any:
        reader, writer = await asyncio.open_unix_connection(self.socket)
        try:
            writer.write(line)
            return json.loads(await reader.readline())
        finally:
            writer.close()
