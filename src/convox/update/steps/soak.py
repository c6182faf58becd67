"""See for a while that nothing is worse than it was before the update."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from convox.errors import HostError
from convox.host.clock import Clock
from convox.update.racing import within
from convox.update.steps.step import Effect, Facts, HopInHand
from convox.update.survey import Survey, ailments

_SAMPLE = 0.5  # seconds between two looks
_PATIENCE = 30.0  # seconds, beyond the soak time itself, for things to become well


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    """Passes when everything was well for the whole soak time, without a break."""

    survey: Callable[[], Awaitable[Survey]]
    seconds: Callable[[], float]
    lost: Callable[[HopInHand], Sequence[str]]
    """The apps that the preflight found and that are gone, though nobody deleted them."""
    clock: Clock
    keep: Callable[[HopInHand, Survey], None]
    """Keeps what was seen in the history, as far as it is news."""
    conclude: Callable[[HopInHand, Survey], None]
    """Keeps what was seen last, whatever it is."""
    name: str = "soak"

    @property
    def effects(self) -> Sequence[Effect]:
        """To look changes nothing."""
        return (Effect(name="survey", do=self._look),)

    async def note(self, hop: HopInHand) -> Facts:
        """Nothing is changed."""
        return {}

    async def verify(self, hop: HopInHand, facts: Facts) -> None:
        """To look was all."""

    async def _look(self, hop: HopInHand, facts: Facts) -> None:
        """Look until all was well for long enough; the preflight saw that all was well before."""
        seconds = self.seconds()
        begun = well_since = self.clock.monotonic()
        while True:
            await self.clock.sleep(_SAMPLE)
            seen = await within(_PATIENCE, self._seen(), clock=self.clock, what="look at the apps")
            complaints = [*ailments(seen), *(f"app {app} is lost" for app in self.lost(hop))]
            now = self.clock.monotonic()
            if complaints:
                well_since = now
            if not complaints and now - well_since >= seconds:
                self.conclude(hop, seen)
                return
            self.keep(hop, seen)
            if well_since - begun > seconds + _PATIENCE:
                raise HostError("; ".join(complaints))

    async def _seen(self) -> Survey:
        return await self.survey()
