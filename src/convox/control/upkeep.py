"""Keep running what is neither an app's process nor the router, and end what nobody will."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from convox.audit.anchor import Anchor
from convox.components.running import RunningComponents
from convox.control.builds import Builds
from convox.control.desired import resource_specs
from convox.errors import LeaseLost, RackError
from convox.host.clock import Clock
from convox.resources.servers import ResourceServers
from convox.state import wanted
from convox.state.lease import Lease

_log = logging.getLogger(__name__)
_PAUSE = 2.0  # seconds between two rounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """Starts again what has ended."""

    lease: Lease
    resources: ResourceServers
    components: RunningComponents
    builds: Builds
    keeper: Callable[[], Awaitable[None]]
    """Starts the keeper again where it was killed."""
    anchor: Anchor
    clock: Clock
    narrate: Callable[[str], None]

    async def run(self) -> None:
        """Make round after round until the lease is lost."""
        while True:
            try:
                await self.round()
            except LeaseLost:
                return
            await self.clock.sleep(_PAUSE)

    async def round(self) -> None:
        """Look after everything once."""
        with self.lease.fenced() as connection:
            specs = resource_specs(connection)
            labels = wanted.components(connection)
        for (app, name), spec in specs.items():
            await self._tend(f"resource {app}/{name}", self.resources.revive(spec))
        await self._tend("components", self.components.keep(labels))
        await self._tend("keeper", self.keeper())
        self.builds.fail_abandoned()
        self.anchor.keep()

    async def _tend(self, what: str, act: Awaitable[None]) -> None:
        try:
            await act
        except (RackError, OSError) as error:
            _log.exception("cannot keep %s running", what)
            self.narrate(f"{what}: {error}")
