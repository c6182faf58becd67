"""Keep one process running, checked and logged until it is dismissed."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace

from convox.agent import restarts
from convox.agent.child import Child, spawn
from convox.agent.health import Health, judge, pause
from convox.agent.place import Place
from convox.agent.probe import probe
from convox.agent.processlog import ProcessLog
from convox.agent.spec import Spec
from convox.agent.status import TRANSITIONS, Event, State, Status
from convox.agent.streams import chunks

_POLL = 0.02  # seconds between looks whether a dismissed process has gone
_LAST_WORDS = 1.0  # seconds for the output of a process that has ended


class Process:
    """One process of this instance; ``changed`` is called whenever its status is another."""

    def __init__(self, place: Place, log: ProcessLog, changed: Callable[[], None]) -> None:
        self.place = place
        self.status = Status(started=time.time())
        self._log = log
        self._changed = changed
        self._dismissed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._deadline = float("inf")
        self._delay: float | None = None

    @property
    def spec(self) -> Spec:
        return self.place.spec

    @property
    def is_dismissed(self) -> bool:
        return self._dismissed.done()

    async def run(self) -> None:
        """Run it, again and again where it is to be restarted; return when it is dismissed."""
        while not self._dismissed.done():
            began = time.monotonic()
            await self._attempt()
            if not self._dismissed.done():
                await asyncio.wait((self._dismissed,), timeout=self._next_delay(began))
        self._log.tell("has stopped")
        self._log.close()

    def dismiss(self, grace: float) -> None:
        """Let it end: asked at once, forced after ``grace`` seconds. A shorter grace wins."""
        self._deadline = min(self._deadline, time.monotonic() + grace)
        if not self.is_dismissed:
            self._dismissed.set_result(None)
            self._meet(Event.DISMISSED, healthy=False, reason="it is being stopped")

    def _next_delay(self, began: float) -> float | None:
        """Return how long to wait before the next start, ``None`` where there will be none."""
        if not self.spec.restart:
            self._log.tell(self.status.reason)
            return None
        self._delay = restarts.next_delay(self._delay, up=time.monotonic() - began)
        self._log.tell(f"{self.status.reason}; starting it again in {self._delay:g} s")
        return self._delay

    async def _attempt(self) -> None:
        """Start it once and stay to its end; what goes wrong with one does not touch the others."""
        try:
            await self._live()
        except Exception as error:  # noqa: BLE001 - the boundary between processes
            traceback.print_exc(file=sys.stderr)
            self._note_end(1, f"could not be looked after: {error}")

    async def _live(self) -> None:
        output, theirs = os.pipe()
        with io.FileIO(output) as ours:
            try:
                program, reaper = self.place.program(self.spec.command, {}), self.place.host.reaper
                child = spawn(program, reaper, stdin=subprocess.DEVNULL, output=theirs)
            except OSError as error:
                self._note_end(*restarts.describe_refusal(self.spec.command[0], error))
                return
            finally:
                os.close(theirs)
            try:
                await self._look_after(child, ours)
            finally:
                child.end()
        code = child.ended.result()
        self._note_end(restarts.shell_status(code), restarts.describe_end(code, self._log.last))

    async def _look_after(self, child: Child, output: io.FileIO) -> None:
        """Log, check and await a child, and end what it leaves."""
        session = self.place.note(child)
        reason = self.status.crash or "it has just been started"
        self._meet(Event.STARTED, pid=child.pid, started=time.time(), reason=reason)
        async with asyncio.TaskGroup() as tasks:
            copying = tasks.create_task(self._log.copy(chunks(output.fileno())))
            checking = tasks.create_task(self._check())
            await self._accompany(child)
            checking.cancel()
            await self.place.end_all(session)
            await asyncio.wait((copying,), timeout=_LAST_WORDS)
            copying.cancel()

    async def _accompany(self, child: Child) -> None:
        """Return when it has ended, by itself or because it was dismissed."""
        await asyncio.wait((child.ended, self._dismissed), return_when=asyncio.FIRST_COMPLETED)
        if self.is_dismissed:
            child.signal(signal.SIGTERM)
            while child.lives() and time.monotonic() < self._deadline:  # noqa: ASYNC110 - a group
                await asyncio.sleep(_POLL)
            child.signal(signal.SIGKILL)
        await child.ended

    async def _check(self) -> None:
        """Look at its health until it ends or is dismissed."""
        began, health = time.monotonic(), Health()
        check, port = self.spec.health, self.place.port
        if port is None:
            await asyncio.sleep(check.grace)
            self._take(Health(confirmed=True), age=check.grace)
            return
        while not self.is_dismissed:
            fault = await probe(
                self.place.host.identity.address,
                port,
                scheme=self.spec.scheme or "http",
                path=check.path,
                timeout=check.timeout,
            )
            age = time.monotonic() - began
            health = judge(health, fault, age=age, grace=check.grace)
            self._take(health, age=age)
            await asyncio.sleep(pause(health, age=age, interval=check.interval))

    def _take(self, health: Health, *, age: float) -> None:
        """Let what the checks have shown be seen."""
        if self.is_dismissed:
            return
        if health.is_healthy:
            if self.status.state is State.STARTING:
                self._meet(Event.CONFIRMED, healthy=True, reason="", crash="")
            elif not self.status.healthy:
                self._log.tell("is healthy again")
                self._set(healthy=True, reason="")
            return
        if self.status.healthy:
            self._log.tell(f"is not healthy: {health.fault}")
        # How it last crashed says more than that it does not answer yet.
        crash = self.status.crash if age < self.spec.health.grace else ""
        self._set(healthy=False, reason=crash or health.fault)

    def _note_end(self, status: int, how: str) -> None:
        if self.is_dismissed:
            self._set(pid=None, exit_status=status)
            return
        event = Event.ENDED if self.spec.restart else Event.FINISHED
        self._meet(
            event,
            healthy=False,
            reason=how,
            crash=how,
            pid=None,
            exit_status=status,
            restarts=self.status.restarts + 1,
        )

    def _meet(self, event: Event, **facts: object) -> None:
        self._set(state=TRANSITIONS[self.status.state][event], **facts)

    def _set(self, **facts: object) -> None:
        before = self.status
        self.status = replace(self.status, **facts)  # type: ignore[arg-type]
        if self.status != before:
            self._changed()
