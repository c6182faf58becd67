"""All that is wanted, recorded and observed at one moment. Pure.

What is asked of a moment again and again, for each service, app or instance, is sorted out once.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from convox.engine.engine import InstanceId, ObservedInstance, ObservedProcess
from convox.rollout.boots import FailedBoots
from convox.rollout.deployment import Deployment
from convox.rollout.desired import Desired, DesiredService
from convox.rollout.instance import UP, Instance, InstancePhase
from convox.rollout.process import Phase, Process

_Key = TypeVar("_Key", bound=Hashable)
_Item = TypeVar("_Item")
_Thing = TypeVar("_Thing", Process, Instance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the engine saw."""

    processes: Sequence[ObservedProcess]
    instances: Sequence[ObservedInstance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the records say."""

    processes: Sequence[Process]
    instances: Sequence[Instance]
    deployments: Sequence[Deployment]
    failed_boots: Mapping[str, FailedBoots] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What a router that does as it is told has open, by process; ``since`` when it does so."""

    open: Mapping[str, int]
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Situation:
    """One moment.

    ``strays`` and ``stray_instances`` run and have no record. ``traffic`` is ``None`` while the
    router cannot be asked or told.
    """

    now: datetime
    desired: Desired
    processes: tuple[Process, ...] = ()
    instances: Mapping[InstanceId, Instance]
    deployments: tuple[Deployment, ...] = ()
    failed_boots: Mapping[str, FailedBoots] = field(default_factory=dict)
    strays: tuple[ObservedProcess, ...] = ()
    stray_instances: tuple[ObservedInstance, ...] = ()
    traffic: Traffic | None = None

    @property
    def image(self) -> str:
        """The image that instances should have."""
        return self.desired.instances.image

    @cached_property
    def services(self) -> Mapping[str, DesiredService]:
        """The services that are wanted, by their name."""
        return {service.name: service for service in self.desired.services}

    @cached_property
    def ready(self) -> tuple[Instance, ...]:
        """The instances that are up, and stay."""
        return tuple(instance for instance in self.instances.values() if instance.is_ready)

    @cached_property
    def open(self) -> tuple[Instance, ...]:
        """The instances that new processes may be placed on."""
        return tuple(instance for instance in self.ready if instance.is_open)

    @cached_property
    def load(self) -> Mapping[InstanceId, int]:
        """How many processes should run on each instance."""
        return Counter(process.instance for process in self.processes if process.is_active)

    @cached_property
    def occupied(self) -> frozenset[InstanceId]:
        """The instances that have any process at all."""
        return frozenset(process.instance for process in self.processes)

    @property
    def is_in_motion(self) -> bool:
        """Something is on its way and should be looked at soon."""
        return (
            any(deployment.is_active for deployment in self.deployments)
            or self.boots_again
            or any(item.phase is not InstancePhase.READY for item in self.instances.values())
            or any(item.phase is not Phase.SERVING and not item.one_off for item in self.processes)
        )

    def of(self, service: DesiredService) -> tuple[Process, ...]:
        """Return the processes of a service, in order of age, without the one-off ones."""
        return self._by_service.get(service.name, ())

    def services_of(self, app: str) -> tuple[DesiredService, ...]:
        """Return the services that are wanted of an app."""
        return self._services_by_app.get(app, ())

    def processes_of(self, app: str) -> tuple[Process, ...]:
        """Return the processes of an app, without the one-off ones."""
        return self._by_app.get(app, ())

    def is_current(self, process: Process, service: DesiredService) -> bool:
        """Say whether a process is as its service wants it, on an instance that stays."""
        instance = self.instances.get(process.instance)
        return (
            process.is_active
            and process.fingerprint == service.fingerprint
            and instance is not None
            and instance.phase is InstancePhase.READY
        )

    @property
    def boots_again(self) -> bool:
        """Another instance is to be tried after one that did not become ready."""
        if self.image not in self.failed_boots:
            return False
        there = self.instances.values()
        fresh = sum(item.phase in UP and item.image == self.image for item in there)
        return fresh < self.desired.instances.count

    def is_ending(self, process: Process) -> bool:
        """Say whether its instance is about to be ended with all that runs on it, seen or not."""
        instance = self.instances.get(process.instance)
        return instance is not None and instance.phase is InstancePhase.TERMINATING

    @cached_property
    def _lasting(self) -> tuple[Process, ...]:
        found = [process for process in self.processes if not process.one_off]
        return tuple(sorted(found, key=lambda process: (process.created, process.id)))

    @cached_property
    def _by_service(self) -> Mapping[str, tuple[Process, ...]]:
        return _grouped((process.name, process) for process in self._lasting)

    @cached_property
    def _by_app(self) -> Mapping[str, tuple[Process, ...]]:
        return _grouped((process.app, process) for process in self._lasting)

    @cached_property
    def _services_by_app(self) -> Mapping[str, tuple[DesiredService, ...]]:
        return _grouped((service.app, service) for service in self.desired.services)


def _grouped(pairs: Iterable[tuple[_Key, _Item]]) -> Mapping[_Key, tuple[_Item, ...]]:
    found: defaultdict[_Key, list[_Item]] = defaultdict(list)
    for key, item in pairs:
        found[key].append(item)
    return {key: tuple(items) for key, items in found.items()}


@dataclass(slots=True)
class Moments:
    """Puts one moment after another together; most of it is as it was in the one before."""

    _processes: Mapping[str, tuple[Process, Process]] = field(default_factory=dict)
    """Each as recorded, and as recorded and seen."""
    _instances: Mapping[str, tuple[Instance, Instance]] = field(default_factory=dict)

    def __call__(
        self, now: datetime, desired: Desired, recorded: Recorded, observed: Observed
    ) -> Situation:
        """Put together what is wanted, recorded and observed."""
        ours = self._processes = _as_seen(recorded.processes, observed.processes, self._processes)
        up = self._instances = _as_seen(recorded.instances, observed.instances, self._instances)
        return Situation(
            now=now,
            desired=desired,
            processes=tuple([seen for _, seen in ours.values()]),
            instances={seen.id: seen for _, seen in up.values()},
            deployments=tuple(recorded.deployments),
            failed_boots=recorded.failed_boots,
            strays=tuple(item for item in observed.processes if item.id not in ours),
            stray_instances=tuple(item for item in observed.instances if item.id not in up),
        )


def situation(now: datetime, desired: Desired, recorded: Recorded, observed: Observed) -> Situation:
    """Put together what is wanted, recorded and observed at one moment alone."""
    return Moments()(now, desired, recorded, observed)


def _as_seen(
    recorded: Iterable[_Thing],
    observed: Iterable[ObservedProcess | ObservedInstance],
    before: Mapping[str, tuple[_Thing, _Thing]],
) -> Mapping[str, tuple[_Thing, _Thing]]:
    there = {str(item.id): item for item in observed}
    found: dict[str, tuple[_Thing, _Thing]] = {}
    for item in recorded:
        seen, known = there.get(item.id), before.get(item.id)
        if known is None or known[0] != item or known[1].observed != seen:
            found[item.id] = item, replace(item, observed=seen)  # type: ignore[arg-type]
        else:
            found[item.id] = item, known[1]
    return found
