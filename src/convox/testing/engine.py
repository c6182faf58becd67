"""An engine in memory and in virtual time, which also fails when it is told to."""

import asyncio
import heapq
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from convox.engine.engine import (
    InstanceId,
    InstanceSpec,
    InstanceState,
    ObservedInstance,
    ObservedProcess,
    ProcessId,
    ProcessSpec,
    Streams,
    TerminalSize,
)
from convox.errors import EngineError
from convox.host.clock import Clock
from convox.testing.program import Behaviour, SimulatedProcess

_RFC_3339 = "%Y-%m-%dT%H:%M:%SZ"
_NEVER = timedelta(days=36500)


@dataclass(slots=True)
class _Instance:
    spec: InstanceSpec
    started: datetime
    ready: datetime
    address: str
    is_lost: bool = False

    def is_booted(self, now: datetime) -> bool:
        return not self.is_lost and now >= self.ready


@dataclass(slots=True)
class SimulatedEngine:
    """Keeps the engine's Protocol; ``behaviour`` says how the processes of a spec behave.

    Instances take ``boot`` seconds. What happens to machines is done by ``crash``, ``kill``,
    ``exit`` and ``change``. So many next calls of start or launch fail as ``refusals`` says, and
    while it is ``silent`` no instance answers, though all run.
    """

    clock: Clock
    behaviour: Callable[[ProcessSpec], Behaviour] = lambda _spec: Behaviour()
    boot: float = 3.0
    refusals: int = 0
    silent: bool = False
    dead_images: set[str] = field(default_factory=set)
    """Instances that boot from these are never ready."""
    changes: int = 0
    """How often anything was asked or has happened that could be seen."""
    faulted: set[str] = field(default_factory=set)
    """The processes that have ended by themselves or with their instance, not by being stopped."""
    starts: list[str] = field(default_factory=list)
    """The ids of all processes that were ever started, in order."""
    _processes: dict[ProcessId, SimulatedProcess] = field(default_factory=dict)
    _instances: dict[InstanceId, _Instance] = field(default_factory=dict)
    _there: defaultdict[InstanceId, set[ProcessId]] = field(
        default_factory=lambda: defaultdict(set)
    )
    """The processes of each instance."""
    _due: list[tuple[datetime, int, str]] = field(default_factory=list)
    """When time alone changes what; the first is the next."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _watchers: list[asyncio.Event] = field(default_factory=list)
    _lines: list[tuple[datetime, ProcessSpec, str]] = field(default_factory=list)
    _launched: int = 0

    def next_change(self) -> datetime | None:
        """Return when time alone changes something next; ``None`` where all stays as it is."""
        self._settle()
        return self._due[0][0] if self._due else None

    async def start(self, spec: ProcessSpec, *, instance: InstanceId) -> None:
        """Start a process, unless it runs."""
        self._settle()
        if spec.id in self._processes:
            return
        self._refuse(f"cannot start {spec.id}: this start was to fail")
        host = self._instances.get(instance)
        if host is None or not host.is_booted(self.clock.now()):
            raise EngineError(f"cannot start {spec.id}: instance {instance} is not ready")
        self.starts.append(spec.id)
        self._there[instance].add(spec.id)
        process = self._processes[spec.id] = SimulatedProcess(
            spec=spec,
            behaviour=self.behaviour(spec),
            instance=instance,
            address=f"{host.address}:{20000 + len(self.starts)}" if spec.scheme else None,
            began=self.clock.now(),
        )
        self._expect(process)
        self._say(spec, "started")

    async def stop(self, process: ProcessId, *, grace: float) -> None:
        """Stop a process, unless it stops already."""
        self._settle()
        found = self._processes.get(process)
        if found is not None and found.stop(self.clock.now(), grace):
            self._expect(found)
            self._say(found.spec, "stopping")

    async def processes(self) -> Sequence[ObservedProcess]:
        """Return the processes of the instances that answer."""
        self._settle()
        now = self.clock.now()
        return [
            process.observe(now)
            for process in self._processes.values()
            if not self.silent and not self._instances[process.instance].is_lost
        ]

    async def watch(self) -> AsyncIterator[None]:
        """Yield after each call or fault; what time alone changes is found by asking."""
        changed = asyncio.Event()
        self._watchers.append(changed)
        try:
            while True:
                await changed.wait()
                changed.clear()
                yield
        finally:
            self._watchers.remove(changed)

    async def execute(
        self,
        process: ProcessId,
        command: Sequence[str],
        streams: Streams,
        *,
        terminal: TerminalSize | None,
    ) -> int:
        """Stand for a program that shows its own words, then all that is typed, and ends well."""
        self._settle()
        if process not in self._processes:
            raise EngineError(f"cannot execute in {process}: it does not run")
        await streams.output(" ".join(command).encode() + b"\n")
        async for typed in streams.input():
            await streams.output(typed)
        return 0

    async def logs(self, app: str, *, since: datetime, follow: bool) -> AsyncIterator[str]:
        """Yield the lines about an app's processes."""
        position = 0
        while True:
            for when, spec, text in self._lines[position:]:
                if spec.app == app and when >= since:
                    yield f"{when.strftime(_RFC_3339)} service/{spec.service}/{spec.id} {text}"
            position = len(self._lines)
            if not follow:
                return
            await self.clock.sleep(0.1)

    async def instances(self) -> Sequence[ObservedInstance]:
        """Return all instances that were launched and not terminated."""
        self._settle()
        now = self.clock.now()
        return [self._observe(instance, now) for instance in self._instances.values()]

    async def launch(self, spec: InstanceSpec) -> None:
        """Boot an instance, unless it is there."""
        if spec.id in self._instances:
            return
        self._refuse(f"cannot launch {spec.id}: this launch was to fail")
        self._launched += 1
        now = self.clock.now()
        ready = now + (_NEVER if spec.image in self.dead_images else timedelta(seconds=self.boot))
        heapq.heappush(self._due, (ready, next(self._numbers), spec.id))
        self._instances[spec.id] = _Instance(
            spec=spec,
            started=now,
            ready=ready,
            address=f"127.0.{self._launched // 250}.{self._launched % 250 + 2}",
        )
        self._notify()

    async def terminate(self, instance: InstanceId) -> None:
        """End an instance with all that runs on it."""
        self._settle()
        if self._instances.pop(instance, None) is not None:
            self._drop_processes(instance)
        self._notify()

    def crash(self, process: ProcessId) -> None:
        """Have a process end by itself now."""
        self._settle()
        found = self._processes[process]
        found.crash(self.clock.now())
        if found.restarts:
            self.faulted.add(process)
        self._expect(found)
        self._notify()

    def change(self, process: ProcessId, behaviour: Behaviour) -> None:
        """Have a process behave differently from now on."""
        self._settle()
        found = self._processes[process]
        found.change(behaviour)
        self._settle_one(found, self.clock.now())
        self._notify()

    def exit(self, process: ProcessId, status: int) -> None:
        """Have a process that is not restarted come to its end."""
        self._settle()
        self._processes[process].exit(status)
        self._notify()

    def kill(self, instance: InstanceId) -> None:
        """Have an instance die with all its processes."""
        self._settle()
        self._instances[instance].is_lost = True
        self.faulted.update(self._there[instance])
        self._drop_processes(instance)
        self._notify()

    def can_answer(self, process: str) -> bool:
        """Say whether a request to the process is answered, or fails by a fault alone."""
        self._settle()
        found = self._processes.get(ProcessId(process))
        is_fine = found is not None and found.has_been_healthy(self.clock.now())
        return is_fine or process in self.faulted

    def running(self) -> Sequence[ProcessSpec]:
        """Return what runs on any machine, though it may be about to end."""
        self._settle()
        return [process.spec for process in self._processes.values()]

    def there(self) -> Sequence[InstanceId]:
        """Return the instances that are there, whoever can see them."""
        return [name for name, instance in self._instances.items() if not instance.is_lost]

    def healthy(self) -> Sequence[ProcessSpec]:
        """Return what would answer a health check well, whoever can see it."""
        self._settle()
        now = self.clock.now()
        return [process.spec for process in self._processes.values() if process.is_healthy(now)]

    def is_running(self, process: str) -> bool:
        """Say whether the process is there, though it may be about to end."""
        self._settle()
        return process in self._processes

    def _observe(self, instance: _Instance, now: datetime) -> ObservedInstance:
        state = InstanceState.STARTING
        if instance.is_lost or self.silent:
            state = InstanceState.LOST
        elif instance.is_booted(now):
            state = InstanceState.READY
        return ObservedInstance(
            id=instance.spec.id,
            image=instance.spec.image,
            address=instance.address,
            state=state,
            started=instance.started,
            processes=len(self._there[instance.spec.id]),
        )

    def _settle(self) -> None:
        """Let everything happen whose time has come."""
        now = self.clock.now()
        while self._due and self._due[0][0] <= now:
            when, _, name = heapq.heappop(self._due)
            process = self._processes.get(ProcessId(name))
            if process is not None and process.due == when:
                self._settle_one(process, now)

    def _settle_one(self, process: SimulatedProcess, now: datetime) -> None:
        has_gone = process.settle(now)
        if process.restarts:
            self.faulted.add(process.spec.id)
        if has_gone:
            del self._processes[process.spec.id]
            self._there[process.instance].discard(process.spec.id)
            self._say(process.spec, "stopped")
        else:
            self._expect(process)

    def _expect(self, process: SimulatedProcess) -> None:
        """Note when the process changes next."""
        process.due = process.next_change(self.clock.now())
        if process.due is not None:
            heapq.heappush(self._due, (process.due, next(self._numbers), process.spec.id))

    def _drop_processes(self, instance: InstanceId) -> None:
        for process in self._there.pop(instance, ()):
            del self._processes[process]

    def _refuse(self, text: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise EngineError(text)

    def _say(self, spec: ProcessSpec, text: str) -> None:
        self._lines.append((self.clock.now(), spec, text))
        self._notify()

    def _notify(self) -> None:
        self.changes += 1
        for watcher in self._watchers:
            watcher.set()
