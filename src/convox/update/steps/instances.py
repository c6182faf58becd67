"""Roll the instances to the release's image; the rollout does the work, this step asks for it."""

from collections.abc import Callable
from dataclasses import dataclass

from convox.errors import HostError
from convox.host.clock import Clock
from convox.rollout.progress import Roll
from convox.state import wanted
from convox.state.lease import Lease
from convox.update.steps.step import Facts, HopInHand

_POLL = 0.2  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RollInstances:
    """Wants the new image, and waits until no process needs an instance of another one."""

    engine: str
    progress: Callable[[], Roll]
    lease: Lease
    clock: Clock
    narrate: Callable[[str], None]
    patience: float = 600
    """Seconds without any progress before the roll is given up."""
    name: str = "instances"

    async def note(self, hop: HopInHand) -> Facts:
        """Remember the image that was wanted before."""
        with self.lease.fenced() as connection:
            return {"image": wanted.image(connection)}

    async def do(self, hop: HopInHand, facts: Facts) -> None:
        """Roll to the new image."""
        await self._roll(hop.target.images[self.engine])

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """The roll is still done."""
        if not self.progress().is_done:
            raise HostError("cannot roll the instances: an instance was lost in the last moment")

    async def undo(self, hop: HopInHand, facts: Facts) -> None:
        """Roll back to the image there was; what has not rolled stays where it is."""
        await self._roll(facts["image"])

    async def _roll(self, image: str) -> None:
        with self.lease.fenced() as connection:
            wanted.want_image(connection, image)
        last, since = -1, self.clock.monotonic()
        while not (progress := self.progress()).is_done:
            if progress.ready != last:
                last, since = progress.ready, self.clock.monotonic()
                self.narrate(f"instances {progress.ready} of {progress.wanted} with {image}")
            if self.clock.monotonic() - since > self.patience:
                raise HostError(f"cannot roll the instances to {image}: {progress.blocker}")
            await self.clock.sleep(_POLL)
            self.lease.check()
