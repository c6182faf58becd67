"""Instances: look at them, have one replaced."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from convox import audit
from convox.control.observing import Observer
from convox.control.processes import share_of
from convox.control.shares import Measured, Share
from convox.control.views import InstanceView
from convox.errors import NotFound
from convox.host.clock import Clock
from convox.rollout import records
from convox.rollout.instance import Instance, InstancePhase
from convox.state.database import Database

_STATUS = {
    InstancePhase.LAUNCHING: "starting",
    InstancePhase.READY: "active",
    InstancePhase.RETIRING: "draining",
    InstancePhase.LOST: "lost",
    InstancePhase.TERMINATING: "terminating",
    InstancePhase.GONE: "gone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instances:
    """The instances of a rack."""

    database: Database
    observe: Observer
    clock: Clock
    changed: Callable[[], None]
    measured: Measured

    async def list(self) -> Sequence[InstanceView]:
        """Return all instances, by id."""
        situation = await self.observe()
        used = await asyncio.to_thread(self.measured)
        total = dict.fromkeys(situation.instances, Share())
        for process in situation.processes:
            if process.instance in total:
                total[process.instance] += share_of(process, used)
        return [_view(situation.instances[name], total[name]) for name in sorted(total)]

    def terminate(self, instance: str, *, asked_by: str) -> None:
        """Let an instance go: its processes move first, and another takes its place."""
        with self.database.begin() as connection:
            if instance not in {found.id for found in records.instances(connection)}:
                raise NotFound(f"cannot terminate instance {instance}: no such instance")
            now = self.clock.now()
            records.retire_instance(connection, instance, now)
            audit.append(
                connection,
                now=now,
                kind=audit.Kind.TERMINATED,
                who=asked_by,
                text=f"instance {instance}",
                detail={"instance": instance},
            )
        self.changed()


def _view(instance: Instance, share: Share) -> InstanceView:
    seen = instance.observed
    return InstanceView(
        id=instance.id,
        status=_STATUS[instance.phase],
        address=seen.address if seen else "",
        processes=seen.processes if seen else 0,
        started=seen.started if seen else instance.created,
        cpu=share.cpu,
        memory=share.memory,
    )
