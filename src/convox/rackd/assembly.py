"""The wiring: which engine, which router, which database, and who is given what.

Nothing is decided here and nothing is done; what is built can be read from top to bottom.
"""

import asyncio
import base64
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette

from convox.api.application import application
from convox.audit.anchor import Anchor
from convox.control.automatic.identity import identity
from convox.control.automatic.lookout import Lookout
from convox.control.automatic.loop import Automatic
from convox.control.automatic.watch import FeedWatch, interval
from convox.control.desired import DesiredState
from convox.control.feasibility import Feasibility
from convox.control.observing import Observer
from convox.control.planning import Planning
from convox.control.rack_facts import machine_facts
from convox.control.room import Room
from convox.control.surveying import FrontDoor, Surveyor
from convox.control.updates import Updates
from convox.control.upkeep import Upkeep
from convox.control.use_cases import UseCases
from convox.engine.local.builder.environment import process_environment
from convox.host import capacity
from convox.host.clock import Clock, boot
from convox.host.ids import RandomIds
from convox.notices.courier import Courier
from convox.rackd.acting import Loop
from convox.rackd.failpoints import at
from convox.rackd.ground import ENGINE, Ground, anchor_of, ground
from convox.rackd.router_upkeep import RouterUpkeep
from convox.rackd.steps import Updating
from convox.rackd.use_cases import Wiring, measured
from convox.rollout.driver import Driver
from convox.rollout.telling import RACK
from convox.router.haproxy import HaproxyRouter
from convox.state.database import Database
from convox.state.lease import Lease
from convox.state.rackfile import RackFile
from convox.update import keeper_program
from convox.update.executor import Executor
from convox.update.keeper_client import KeeperClient
from convox.update.meter import Meter


@dataclass(frozen=True, slots=True, kw_only=True)
class Rack:
    """A control plane, ready to serve and to act."""

    application: Starlette
    router: HaproxyRouter
    lease: Lease
    clock: Clock
    keeper: KeeperClient
    anchor: Anchor
    loops: Sequence[Loop]
    narrate: Callable[[str], None]
    """Says something in the rack's log."""
    resume: Callable[[], None]
    """Goes on with what another control plane left half done."""


def assemble(
    home: Path, facts: RackFile, slot: str, lease: Lease, tasks: asyncio.TaskGroup
) -> Rack:
    """Put a control plane together; ``tasks`` own what it does in the background."""
    parts = ground(home, facts, slot)
    desired = desired_state(parts, lease.database)
    driver = _driver(parts, lease, desired)
    survey = _surveyor(parts, desired)
    updating = Updating(
        parts=parts,
        lease=lease,
        survey=survey,
        wake=driver.wake,
        progress=driver.progress,
        feasible=_feasibility(parts, desired),
        authorization=_basic(facts.password),
        meter=Meter(narrate=parts.log.say),
    )
    executor = _executor(parts, lease, updating)
    updates = _updates(parts, lease, updating, desired, executor.wanted)
    automatic = _automatic(parts, lease, updates, survey, changed=executor.ended)
    room = Room(home=home, log=parts.log, clock=parts.clock)
    anchor = anchor_of(parts, lease.database)
    cases = Wiring(
        parts=parts,
        database=lease.database,
        desired=desired,
        updates=updates,
        automatic=automatic,
        anchor=anchor,
        changed=driver.wake,
        tasks=tasks,
        trouble=lambda: room.trouble,
    ).use_cases()
    return Rack(
        application=application(cases, facts.password),
        router=parts.router,
        lease=lease,
        clock=parts.clock,
        keeper=parts.keeper,
        anchor=anchor,
        loops=(
            driver,
            executor,
            automatic,
            _upkeep(parts, lease, cases),
            _router_upkeep(parts),
            Courier(lease=lease, clock=parts.clock, narrate=parts.log.say),
            room,
        ),
        narrate=parts.log.say,
        resume=cases.deletion.resume,
    )


def _executor(parts: Ground, lease: Lease, updating: Updating) -> Executor:
    return Executor(
        lease=lease,
        clock=parts.clock,
        steps={step.name: step for step in updating.steps()},
        release=parts.feed.kept,
        narrate=parts.log.say,
        version=parts.slot,
        fallen_back=lambda: _reason(parts.keeper),
        alive=lambda: _prolong(parts.keeper, parts.slot),
        reach=at(parts.home / "run" / "failpoint", parts.clock),
    )


def _updates(
    parts: Ground, lease: Lease, updating: Updating, desired: DesiredState, wanted: asyncio.Event
) -> Updates:
    planning = Planning(
        feed=parts.feed,
        lease=lease,
        clock=parts.clock,
        objections=updating.objector,
        engine=ENGINE,
        desired=desired,
        machine=machine_facts(),
    )
    return Updates(
        planning=planning,
        lease=lease,
        clock=parts.clock,
        ids=RandomIds(),
        waits_for=updating.waits_for,
        lingering=updating.lingering,
        wanted=wanted,
    )


def _automatic(
    parts: Ground, lease: Lease, updates: Updates, survey: Surveyor, *, changed: asyncio.Event
) -> Automatic:
    watch = FeedWatch(
        feed=parts.feed,
        lease=lease,
        clock=parts.clock,
        interval=lambda: interval(lease.database),
        draw=random.SystemRandom().random,
    )
    return Automatic(
        lookout=Lookout(
            planning=updates.planning,
            watch=watch,
            survey=survey,
            rack=lambda: identity(lease, RandomIds()),
        ),
        updates=updates,
        lease=lease,
        clock=parts.clock,
        narrate=parts.log.say,
        changed=changed,
    )


def desired_state(parts: Ground, database: Database) -> DesiredState:
    """Return what computes the desired state of this rack."""
    user = parts.facts.app_user
    return DesiredState(
        database=database,
        rack=parts.facts.name,
        domain=parts.facts.domain,
        tools=lambda directory: process_environment(directory, user=user),
    )


def _driver(parts: Ground, lease: Lease, desired: DesiredState) -> Driver:
    return Driver(
        engine=parts.engine,
        router=parts.router,
        lease=lease,
        clock=parts.clock,
        boot=boot(),
        ids=RandomIds(),
        desired=desired,
        narrate=lambda app, text: _narrate(parts, app, text),
    )


def _upkeep(parts: Ground, lease: Lease, cases: UseCases) -> Upkeep:
    return Upkeep(
        lease=lease,
        resources=parts.resources,
        components=parts.components,
        builds=cases.builds,
        keeper=lambda: keeper_program.ensure(parts.home, parts.keeper),
        anchor=cases.history.anchor,
        clock=parts.clock,
        narrate=parts.log.say,
    )


def _feasibility(parts: Ground, desired: DesiredState) -> Feasibility:
    observe = Observer(
        database=desired.database, engine=parts.engine, desired=desired, clock=parts.clock
    )
    return Feasibility(
        observe=observe,
        measured=lambda: measured(parts.home),
        memory=capacity.memory,
        free_memory=capacity.free_memory,
    )


def _router_upkeep(parts: Ground) -> RouterUpkeep:
    return RouterUpkeep(router=parts.router, clock=parts.clock, narrate=parts.log.say)


def _surveyor(parts: Ground, desired: DesiredState) -> Surveyor:
    facts = parts.facts
    return Surveyor(
        desired=desired,
        engine=parts.engine,
        resources=parts.resources,
        door=FrontDoor(
            address=facts.listen,
            http_port=facts.http_port,
            api_port=facts.api_port,
            authorization=_basic(facts.password),
        ),
    )


def _narrate(parts: Ground, app: str, text: str) -> None:
    if app == RACK:
        parts.log.say(text)
    else:
        parts.engine.append_event(app, "rack", text)


def _basic(password: str) -> str:
    """Return what a request of the rack to itself carries."""
    return "Basic " + base64.b64encode(f"convox:{password}".encode()).decode()


async def _prolong(keeper: KeeperClient, slot: str) -> None:
    await keeper.prolong(slot)


async def _reason(keeper: KeeperClient) -> str:
    status = await keeper.status()
    return status.reason or "the new control plane did not stay up"
