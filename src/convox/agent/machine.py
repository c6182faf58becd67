"""The processes of an instance."""

import asyncio
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convox.agent.changes import Changes
from convox.agent.place import Host, Place
from convox.agent.process import Process
from convox.agent.processlog import ProcessLog
from convox.agent.refusal import Refusal
from convox.agent.reservations import Port, hold_port
from convox.agent.spec import Spec, parse


class Machine:
    """Starts, stops and lists processes, each in a task of ``tasks``."""

    def __init__(self, host: Host, tasks: asyncio.TaskGroup) -> None:
        self.changes = Changes()
        self.processes: dict[str, Process] = {}
        self._host = host
        self._tasks = tasks
        self._leaving: float | None = None
        self.left = asyncio.Event()
        """Set when the instance is to end and no process is left."""

    def resume(self) -> None:
        """Start what ran when this instance ended, but for what is not to be restarted."""
        for path in sorted(Path(self._host.identity.processes).iterdir()):
            record = path / "spec.json"
            try:
                facts = json.loads(record.read_bytes())
            except (OSError, ValueError):
                facts = {"restart": False}
            if facts["restart"]:
                self.start(facts)
            else:
                shutil.rmtree(path, ignore_errors=True)

    def start(self, facts: Mapping[str, Any]) -> None:
        """Start a process and keep it running; nothing happens where it is here already."""
        if self._leaving is not None:
            raise Refusal(f"cannot start {facts['id']}: the instance is being shut down")
        spec = parse(facts)
        if spec.id in self.processes:
            return
        port = hold_port() if spec.scheme else None
        try:
            process = self._process(spec, facts, port)
        except OSError:
            if port:
                port.close()
            raise
        self.processes[spec.id] = process
        self._tasks.create_task(self._keep(process, port))
        self.changes.tell()

    def stop(self, process: str, grace: float) -> None:
        """Let a process end and forget it; nothing happens where it is not here."""
        if found := self.processes.get(process):
            found.place.forget()
            found.dismiss(grace)

    def leave(self, grace: float) -> None:
        """Let all processes end, and then the instance."""
        self._leaving = grace
        for process in self.processes.values():
            process.dismiss(grace)
        self._leave_if_empty()

    def _process(self, spec: Spec, facts: Mapping[str, Any], port: Port | None) -> Process:
        place = Place(host=self._host, spec=spec, port=port.number if port else None)
        place.prepare(facts)
        log = ProcessLog(Path(self._host.identity.logs), spec)
        return Process(place, log, self.changes.tell)

    async def _keep(self, process: Process, port: Port | None) -> None:
        await process.run()
        if port:
            port.close()
        del self.processes[process.spec.id]
        if self._leaving is None:
            process.place.clear()
        self.changes.tell()
        self._leave_if_empty()

    def _leave_if_empty(self) -> None:
        if self._leaving is not None and not self.processes:
            self.left.set()
