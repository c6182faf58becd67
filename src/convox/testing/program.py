"""How a simulated process lives: when it is healthy, when it crashes, when it ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from convox.engine.engine import InstanceId, ObservedProcess, ProcessSpec, ProcessState

_FIRST_PAUSE = 0.5  # seconds before the first restart; each next one waits twice as long
_LONGEST_PAUSE = 30.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Times in seconds after each start; ``None`` for never."""

    healthy_after: float | None = 1.0
    crash_after: float | None = None
    stop_takes: float = 0.5
    """After it was asked to end; it is killed when its grace is shorter."""


@dataclass(slots=True, kw_only=True)
class SimulatedProcess:
    """A process on a simulated instance."""

    spec: ProcessSpec
    behaviour: Behaviour
    instance: InstanceId
    address: str | None
    began: datetime
    """The start that counts now; lies ahead while it waits to be started again."""
    restarts: int = 0
    ends: datetime | None = None
    exited: int | None = None
    due: datetime | None = None
    """When time alone changes it next, as its engine has noted it."""
    _was_healthy: bool = False
    """Since it was last started."""
    _seen: ObservedProcess | None = None
    """What was observed since it changed last."""

    def next_change(self, now: datetime) -> datetime | None:
        """Return when time alone changes it next; ``None`` where it stays as it is."""
        if self.ends is not None:
            return self.ends
        if self.exited is not None:
            return None
        spans = (0, self.behaviour.healthy_after, self.behaviour.crash_after)
        moments = [self.began + timedelta(seconds=span) for span in spans if span is not None]
        return min((moment for moment in moments if moment > now), default=None)

    def settle(self, now: datetime) -> bool:
        """Let happen what is due; return whether the process has gone."""
        self._seen = None
        if self.ends is not None and now >= self.ends:
            return True
        after = self.behaviour.crash_after
        while (
            after is not None
            and self.exited is None
            and self.began + timedelta(seconds=after) <= now
        ):
            self.crash(self.began + timedelta(seconds=after))
        self._was_healthy = self._was_healthy or self.is_healthy(now)
        return False

    def crash(self, when: datetime) -> None:
        """End by itself, to be started again after a pause where that is wanted."""
        if not self.spec.restart:
            self.exit(1)
            return
        self._seen = None
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(self.restarts, 10))
        self.restarts += 1
        self.began = when + timedelta(seconds=pause)
        self._was_healthy = False

    def exit(self, status: int) -> None:
        """Come to its end, not to be started again."""
        self.exited = status
        self._seen = None

    def change(self, behaviour: Behaviour) -> None:
        """Behave differently from now on."""
        self.behaviour = behaviour
        self._seen = None

    def stop(self, now: datetime, grace: float) -> bool:
        """Begin to end; return whether it had not begun before."""
        if self.ends is not None:
            return False
        self._seen = None
        self.ends = now + timedelta(seconds=min(grace, self.behaviour.stop_takes))
        return True

    def is_healthy(self, now: datetime) -> bool:
        """Say whether it would answer a health check well."""
        after = self.behaviour.healthy_after
        return (
            self.ends is None
            and self.exited is None
            and after is not None
            and now >= self.began + timedelta(seconds=after)
        )

    def has_been_healthy(self, now: datetime) -> bool:
        """Say whether it has answered well since it was started, and was not asked to end."""
        return self.ends is None and (self._was_healthy or self.is_healthy(now))

    def state(self, now: datetime) -> ProcessState:
        """Return what an engine would see."""
        if self.exited is not None:
            return ProcessState.EXITED
        if self.ends is not None:
            return ProcessState.STOPPING
        if now < self.began:
            return ProcessState.CRASHED
        return ProcessState.RUNNING if self._was_healthy else ProcessState.STARTING

    def observe(self, now: datetime) -> ObservedProcess:
        """Return the process as its engine sees it now; it was settled for this time."""
        if self._seen is None:
            self._seen = self._observe(now)
        return self._seen

    def _observe(self, now: datetime) -> ObservedProcess:
        is_healthy = self.is_healthy(now)
        return ObservedProcess(
            id=self.spec.id,
            app=self.spec.app,
            service=self.spec.service,
            release=self.spec.release,
            instance=self.instance,
            state=self.state(now),
            healthy=is_healthy,
            address=self.address,
            scheme=self.spec.scheme,
            command=self.spec.command,
            started=self.began,
            restarts=self.restarts,
            exit_status=self.exited,
            reason="" if is_healthy else self._reason(now),
            pid=None,
        )

    def _reason(self, now: datetime) -> str:
        if self.state(now) is ProcessState.CRASHED:
            return "exited with status 1"
        return "its health check fails"
