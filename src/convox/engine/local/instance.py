"""One instance as seen from the control plane: what its agent last said, and how it ends."""

import asyncio
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from convox.engine.engine import InstanceState, ObservedInstance, ObservedProcess
from convox.engine.local.conversation import Message, converse
from convox.engine.local.ground import Ground, InstanceFacts
from convox.engine.local.liveness import SILENCE, Signs, judge
from convox.engine.local.translation import from_agent
from convox.errors import EngineError
from convox.host import commands
from convox.host.clock import Clock
from convox.host.files import read_json, write_json, write_twice
from convox.host.processes import Pid, lives, send, spawn_detached

_HESITATION = 2.0  # seconds for an answer of an agent that has answered before
_GRACE = 5.0  # seconds for the processes of an instance that is terminated
_EXIT = 2.0  # seconds more for the agent itself
_POLL = 0.02  # seconds


class LocalInstance:
    """An instance; ``processes`` and ``state`` are as of the last survey."""

    def __init__(self, ground: Ground, facts: InstanceFacts, clock: Clock) -> None:
        self.facts = facts
        self.directory = ground.instances / facts.id
        self.processes: Sequence[ObservedProcess] = ()
        self.state = InstanceState.STARTING
        self._ground = ground
        self._clock = clock
        # Its age goes on by the monotonic clock: the other one may be set while it boots.
        self._age = max(0.0, (clock.now() - facts.launched).total_seconds())
        self._since = clock.monotonic()
        self._answered: float | None = None
        self._is_known = False
        self._is_swept = False

    def boot(self) -> None:
        """Write down what it is and start its agent, detached."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o711)
        self._ground.instances.chmod(0o711)
        (self.directory / "agent.pid").unlink(missing_ok=True)
        write_twice(self.directory / "agent.json", self.facts.stored(self._ground), mode=0o600)
        log = self.directory / "agent.log"
        try:
            pid = spawn_detached(self._argv(), log=log, cwd=self.directory)
        except OSError as error:
            raise EngineError(f"cannot launch instance {self.facts.id}: {error}") from error
        # The agent writes the same; until then it can already be ended.
        write_json(self.directory / "agent.pid", {"number": pid.number, "started": pid.started})

    def pid(self) -> Pid | None:
        """Return the agent's identity, ``None`` where it has not been started."""
        try:
            stored = read_json(self.directory / "agent.pid")
            return Pid(number=stored["number"], started=stored["started"])
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    async def ask(self, message: Message) -> Message:
        """Ask the agent; ``EngineError`` where it refuses or does not answer in time."""
        try:
            async with asyncio.timeout(SILENCE), converse(self.directory) as talk:
                return await talk.ask(message)
        except OSError as error:
            raise EngineError(
                f"cannot {message['do']} on instance {self.facts.id}: it does not answer"
            ) from error

    async def survey(self) -> None:
        """Learn its processes and its state, in bounded time.

        The first time an agent has longer: whoever takes over knows nothing of it to fall back on.
        """
        patience = _HESITATION if self._is_known else SILENCE
        self._is_known = True
        try:
            async with asyncio.timeout(patience), converse(self.directory) as talk:
                answer = await talk.ask({"do": "list"})
        except (OSError, EngineError):
            await self._explain_silence()
            return
        self.processes = [
            from_agent(process, instance=self.facts.id, address=self.facts.address)
            for process in answer["processes"]
        ]
        self._answered = self._clock.monotonic()
        self.state = InstanceState.READY

    def observed(self) -> ObservedInstance:
        """Return it as of the last survey."""
        return ObservedInstance(
            id=self.facts.id,
            image=self.facts.image,
            address=self.facts.address,
            state=self.state,
            started=self.facts.launched,
            processes=len(self.processes),
        )

    async def terminate(self) -> None:
        """End it, first by asking, and remove all it had but its logs."""
        if not await self._leaves():
            if pid := self.pid():
                send(pid, signal.SIGKILL)
                await self._is_gone_within(_EXIT)
            await self._sweep()
        await asyncio.to_thread(shutil.rmtree, self.directory, ignore_errors=True)

    async def _leaves(self) -> bool:
        """Ask the agent to end with all its processes, and say whether it did."""
        try:
            async with asyncio.timeout(_HESITATION), converse(self.directory) as talk:
                await talk.ask({"do": "shutdown", "grace": _GRACE})
        except (OSError, EngineError):
            return False
        return await self._is_gone_within(_GRACE + _EXIT)

    async def _is_gone_within(self, seconds: float) -> bool:
        end = self._clock.monotonic() + seconds
        pid = self.pid()
        while pid and lives(pid):
            if self._clock.monotonic() > end:
                return False
            await self._clock.sleep(_POLL)
        return True

    async def _explain_silence(self) -> None:
        pid = self.pid()
        now = self._clock.monotonic()
        signs = Signs(
            lives=None if pid is None else lives(pid),
            silence=None if self._answered is None else now - self._answered,
            age=self._age + now - self._since,
        )
        self.state = judge(signs)
        if self.state is InstanceState.LOST:
            self.processes = ()
        if signs.lives is False and not self._is_swept:
            self._is_swept = await self._sweep()

    async def _sweep(self) -> bool:
        """End what an agent that was killed has left; its image knows how that is found."""
        result = await commands.run([*self._argv(), "--sweep"])
        return result.status == 0

    def _argv(self) -> list[str | Path]:
        """Return the command line of the agent: isolated, and with the standard library alone."""
        image = self._ground.images / self.facts.image
        return [self._ground.python, "-I", "-S", image, "--home", self.directory]
