"""Whether a roll can be done is known before it, and what would let it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from convox.control.feasibility import sizes_of
from convox.control.shares import Share
from convox.engine.engine import InstanceId, ObservedProcess, ProcessId, ProcessState
from convox.rollout.desired import Desired, DesiredInstances, DesiredService
from convox.rollout.feasibility import Headroom, objections
from convox.rollout.instance import Instance, InstancePhase
from convox.rollout.process import Phase, Process
from convox.rollout.situation import Situation
from convox.testing.rollout import service

_NOW = datetime(2026, 1, 15, tzinfo=UTC)
_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "singleton": {"singleton": True},
    "agent": {"agent": True},
    "tight": {"minimum": 50, "maximum": 100},
    "one": {"minimum": 100, "maximum": 100},
}


def _service(text: str) -> DesiredService:
    """Return the service of ``name:count:MiB:setting``."""
    name, count, memory, *settings = text.split(":")
    plain = service(name, int(count), memory=int(memory))
    return replace(plain, app="app", **{k: v for s in settings for k, v in _SETTINGS[s].items()})


def _processes(placed: str) -> tuple[Process, ...]:
    """Return a process for each ``name@instance``."""
    found = [text.split("@") for text in placed.split()]
    return tuple(
        Process(
            id=ProcessId(f"{name}-{number}"),
            app="app",
            service=name,
            release="R",
            fingerprint="",
            instance=InstanceId(instance),
            phase=Phase.SERVING,
            since=_NOW,
            created=_NOW,
            one_off=False,
            moves=0,
        )
        for number, (name, instance) in enumerate(found)
    )


def _situation(
    services: str, placed: str, *, batch: int = 1, limit: int = 0, up: str = "a b c"
) -> Situation:
    instances = [
        Instance(
            id=InstanceId(name), image="img", phase=InstancePhase.READY, since=_NOW, created=_NOW
        )
        for name in up.split()
    ]
    return Situation(
        now=_NOW,
        desired=Desired(
            services=tuple(map(_service, services.split())),
            instances=DesiredInstances(
                image="img-2", count=len(instances), batch=batch, limit=limit
            ),
        ),
        processes=_processes(placed),
        instances={item.id: item for item in instances},
    )


@pytest.mark.parametrize(
    ("services", "placed", "batch", "free", "expected"),
    [
        ("web:3:100", "web@a web@b web@c", 1, 100, ""),
        ("web:3:100", "web@a web@b web@c", 1, 60, "free 40 MiB, or run 1 fewer of app/web"),
        ("web:3:100", "web@a web@b web@c", 3, 250, "set InstanceUpdateBatchSize to 2"),
        (
            "web:3:100",
            "web@a web@b web@c",
            2,
            60,
            "set InstanceUpdateBatchSize to 1, and free 40 MiB, or run 1 fewer of app/web",
        ),
        ("web:3:100", "web@a web@a web@b", 1, 100, "free 100 MiB, or run 1 fewer of app/web"),
        ("web:1:100", "web@a", 1, 60, "free 40 MiB"),
        ("web:3:0", "web@a web@b web@c", 3, 0, ""),
        ("web:1:100:singleton", "web@a", 1, 0, ""),
        ("web:4:100:tight", "web@a web@a web@b web@c", 1, 0, ""),
        ("web:3:100:one", "web@a web@a web@a", 3, 100, ""),
        ("log:1:50:agent", "log@a log@b log@c", 2, 100, ""),
        ("log:1:50:agent", "log@a log@b log@c", 2, 60, "set InstanceUpdateBatchSize to 1"),
        ("log:1:50:agent", "log@a log@b log@c", 1, 40, "free 10 MiB"),
        (
            "web:3:100 big:2:300",
            "web@a big@a web@b big@b web@c",
            1,
            100,
            "free 300 MiB, or run 1 fewer of app/big",
        ),
    ],
)
def test_a_roll_without_room_in_memory_names_the_smallest_change(
    services, placed, batch, free, expected
) -> None:
    found = objections(_situation(services, placed, batch=batch), Headroom(memory=free))
    changes = [text.partition(f"{free} MiB are free: ")[2].partition(" by")[0] for text in found]
    assert changes == ([expected] if expected else [])


def test_the_way_to_scale_down_is_a_command() -> None:
    (found,) = objections(_situation("web:3:100", "web@a web@b web@c"), Headroom(memory=60))
    assert found == (
        "to roll one instance at a time takes 100 MiB of memory more, and 60 MiB are free: free 40"
        " MiB, or run 1 fewer of app/web by `convox scale web --count 2 -a app`"
    )


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (0, ()),
        (4, ()),
        (3, "set InstanceLimit to 4, or InstanceCount to 2"),
    ],
)
def test_a_roll_without_room_for_an_instance_names_the_limit(limit, expected) -> None:
    found = objections(_situation("", "", limit=limit), Headroom())
    assert tuple(text.partition("are there: ")[2] for text in found) == (
        (expected,) if expected else ()
    )


def test_a_rack_of_one_instance_is_not_told_to_have_none() -> None:
    (found,) = objections(_situation("", "", limit=1, up="a"), Headroom())
    assert found.endswith(": set InstanceLimit to 2")


def test_a_service_that_declares_nothing_needs_what_its_largest_process_uses() -> None:
    placed = _processes("web@a web@b")
    seen = [replace(item, observed=_observed(item, pid)) for pid, item in enumerate(placed)]
    there = replace(_situation("web:2:0", ""), processes=tuple(seen))
    used = {0: Share(memory=0.25), 1: Share(memory=0.5)}
    sizes = sizes_of(there, used, 400 * 1024 * 1024)
    assert sizes == {"app/web": 200}
    (found,) = objections(there, Headroom(memory=150, sizes=sizes))
    assert "free 50 MiB" in found


def _observed(process: Process, pid: int) -> ObservedProcess:
    return ObservedProcess(
        id=process.id,
        app=process.app,
        service=process.service,
        release=process.release,
        instance=process.instance,
        state=ProcessState.RUNNING,
        healthy=True,
        address=None,
        scheme=None,
        command=("run",),
        started=_NOW,
        restarts=0,
        exit_status=None,
        reason="",
        pid=pid,
    )
