"""Instances: look at them, have one replaced, have nothing placed on one."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

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
            if not records.retire_instance(connection, instance, self.clock.now()):
                raise NotFound(f"cannot terminate instance {instance}: no such instance")
            self._write_history(connection, audit.Kind.TERMINATED, instance, asked_by)
        self.changed()

    def cordon(self, instance: str, *, asked_by: str) -> None:
        """Have no process placed on an instance from now on; those on it stay."""
        with self.database.begin() as connection:
            if not records.cordon_instance(connection, instance, cordoned=True):
                raise NotFound(f"cannot cordon instance {instance}: no such instance")
            self._write_history(connection, audit.Kind.CORDONED, instance, asked_by)
        self.changed()

    def uncordon(self, instance: str, *, asked_by: str) -> None:
        """Let processes be placed on an instance again."""
        with self.database.begin() as connection:
            if not records.cordon_instance(connection, instance, cordoned=False):
                raise NotFound(f"cannot uncordon instance {instance}: no such instance")
            self._write_history(connection, audit.Kind.UNCORDONED, instance, asked_by)
        self.changed()

    def _write_history(
        self, connection: sa.Connection, kind: audit.Kind, instance: str, who: str
    ) -> None:
        audit.append(
            connection,
            now=self.clock.now(),
            kind=kind,
            who=who,
            text=f"instance {instance}",
            detail={"instance": instance},
        )


def _status(instance: Instance) -> str:
    is_closed = instance.cordoned and instance.phase is InstancePhase.READY
    return "cordoned" if is_closed else _STATUS[instance.phase]


def _view(instance: Instance, share: Share) -> InstanceView:
    seen = instance.observed
    return InstanceView(
        id=instance.id,
        status=_status(instance),
        address=seen.address if seen else "",
        processes=seen.processes if seen else 0,
        started=seen.started if seen else instance.created,
        cpu=share.cpu,
        memory=share.memory,
    )
