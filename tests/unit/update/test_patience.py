"""A keeper that was killed is waited for, since it is started again; not for ever."""

import asyncio
from dataclasses import dataclass, field

import pytest

from convox.errors import HostError, LeaseLost, Refused
from convox.feed.release import RackRelease
from convox.state import lease, migrate
from convox.state.database import Database
from convox.testing.clock import SimulatedClock
from convox.update.failpoints import pass_by
from convox.update.keeper import KeeperStatus
from convox.update.patience import PatientKeeper
from convox.update.performing import perform
from convox.update.steps.handoff import Handoff
from convox.update.steps.step import HopInHand


def release(version: str) -> RackRelease:
    return RackRelease(version=version, notes="", surfaces={}, images={}, artifacts=())


HOP = HopInHand(update="U1", origin=release("1"), target=release("2"))


@dataclass
class Away:
    """A keeper that answers from a moment on; where it is told to switch, slot 2 takes over."""

    clock: SimulatedClock
    back: float
    database: Database = field(default_factory=lambda: Database("sqlite://"))
    asked: int = 0

    async def status(self) -> KeeperStatus:
        """Say what a keeper says that has nothing to do."""
        self.asked += 1
        if self.clock.monotonic() < self.back:
            raise HostError("no keeper answers")
        return KeeperStatus(
            keeper="k",
            current="1",
            previous=None,
            phase="committed",
            attempts=0,
            seconds_left=None,
            reason="",
            processes={},
        )

    async def switch(self, slot: str, *, seconds: float) -> KeeperStatus:
        """Have the slot take the lease."""
        found = await self.status()
        lease.take(self.database, holder=slot)
        return found

    async def commit(self, slot: str) -> KeeperStatus:
        """Say no."""
        self.asked += 1
        raise Refused("not now")


def hand_over(away: Away) -> str:
    """Return what the old control plane's part ends with."""
    migrate.expand(away.database)
    step = Handoff(
        keeper=PatientKeeper(keeper=away, clock=away.clock),
        lease=lease.take(away.database, holder="1"),
        clock=away.clock,
        version="1",
    )

    async def attempt() -> str:
        try:
            await perform(step, HOP, {}, pass_by)
        except (HostError, LeaseLost) as error:
            return str(error)
        return ""

    return asyncio.run(away.clock.run(attempt()))


def test_a_keeper_that_is_started_again_is_waited_for():
    assert hand_over(Away(SimulatedClock(), back=10)) == "handed over to 2"


def test_a_keeper_that_stays_away_is_not_waited_for_without_end():
    away = Away(SimulatedClock(), back=1e6)
    assert hand_over(away) == "no keeper answers"
    assert away.clock.monotonic() < 60


def test_a_keeper_that_says_no_is_not_asked_again():
    away = Away(SimulatedClock(), back=0)
    with pytest.raises(Refused):
        asyncio.run(PatientKeeper(keeper=away, clock=away.clock).commit("2"))
    assert away.asked == 1
