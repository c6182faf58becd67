"""Roll the instances to the release's image; the rollout does the work, this step asks for it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from convox.errors import HostError
from convox.host.clock import Clock
from convox.rollout.progress import Roll
from convox.state import wanted
from convox.state.lease import Lease
from convox.update import journal, told
from convox.update.racing import unless
from convox.update.steps.step import Effect, Facts, HopInHand
from convox.update.survey import Survey, ailments

_POLL = 0.2  # seconds
_SAMPLE = 1.0  # seconds between two looks at how everything is while something proves itself
_ILL = 10.0  # seconds for which something may be ill then
_SLOW = 8.0  # seconds without progress before what is waited for is named
_STUCK = 0.2  # of the patience, after which people are told who do not look


@dataclass(frozen=True, slots=True, kw_only=True)
class RollInstances:
    """Wants the new image, and waits until no process needs an instance of another one."""

    engine: str
    wake: Callable[[], None]
    """Has the rollout look at once at what is wanted."""
    progress: Callable[[], Roll]
    lease: Lease
    clock: Clock
    narrate: Callable[[str], None]
    held: Callable[[], bool]
    """Whether a person holds the update; then time does not count."""
    survey: Callable[[], Awaitable[Survey]]
    keep: Callable[[HopInHand, Survey], None]
    """Keeps what was seen in the history."""
    patience: float = 600
    """Seconds without any progress before the roll is given up.

    What holds it up for a while in any case, as a long stream does, is no reason to.
    """
    name: str = "instances"

    @property
    def effects(self) -> Sequence[Effect]:
        """What has not rolled when it is undone stays where it is."""
        return (Effect(name="image", do=self._roll, undo=self._roll_back),)

    async def note(self, hop: HopInHand) -> Facts:
        """Remember the image that was wanted before."""
        with self.lease.fenced() as connection:
            return {"image": wanted.image(connection)}

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """The roll is still done."""
        if not self.progress().is_done:
            raise HostError("cannot roll the instances: an instance was lost in the last moment")

    async def _roll(self, hop: HopInHand, facts: Facts) -> None:
        rolling = self._roll_to(hop, hop.target.images[self.engine])
        await unless(self._watch_canaries(hop), rolling)

    async def _roll_back(self, hop: HopInHand, facts: Facts) -> None:
        await self._roll_to(hop, facts["image"])

    async def _watch_canaries(self, hop: HopInHand) -> None:
        """Look after what moved first, for ever; fail when anything is ill for a while meanwhile.

        Only the soak at the end sees what becomes ill after that: then all of it has moved.
        """
        well_since, told = self.clock.monotonic(), frozenset[str]()
        while True:
            soaking = frozenset(each.what for each in self.progress().soaking)
            for text in sorted(soaking - told):
                self.narrate(text)
            told = soaking
            complaints = await self._look(hop) if soaking else ()
            if not complaints:
                well_since = self.clock.monotonic()
            elif self.clock.monotonic() - well_since > _ILL:
                raise HostError(f"cannot roll on after the first: {'; '.join(complaints)}")
            await self.clock.sleep(_SAMPLE)

    async def _look(self, hop: HopInHand) -> Sequence[str]:
        seen = await self.survey()
        self.keep(hop, seen)
        return ailments(seen)

    async def _roll_to(self, hop: HopInHand, image: str) -> None:
        with self.lease.fenced() as connection:
            wanted.want_image(connection, image)
        self.wake()
        last, blocker, is_told = -1, "", False
        moved = counted = self.clock.monotonic()
        while not (progress := self.progress()).is_done:
            now = self.clock.monotonic()
            proves = progress.goes_on and bool(progress.soaking)
            if progress.ready != last or proves or self.held():
                moved, counted, is_told = now, now, False
            elif progress.goes_on:
                counted = now
            if progress.ready != last:
                last = progress.ready
                self.narrate(f"instances {progress.ready} of {progress.wanted} with {image}")
            if now - counted > self.patience:
                raise HostError(f"cannot roll the instances to {image}: {progress.blocker}")
            if now - moved >= _SLOW and progress.blocker != blocker:
                blocker = progress.blocker
                self.narrate(f"instances wait: {blocker}")
            if now - counted >= _STUCK * self.patience and not is_told:
                is_told = self._tell(hop, progress.blocker)
            await self.clock.sleep(_POLL)
            self.lease.check()

    def _tell(self, hop: HopInHand, blocker: str) -> bool:
        with self.lease.fenced() as connection:
            update = journal.load(connection, hop.update)
            told.held_up(connection, update, now=self.clock.now(), blocker=blocker)
        return True
