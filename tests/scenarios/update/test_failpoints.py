"""Every gap of an update is a failpoint: what is announced is what the steps say they do."""

import asyncio
from dataclasses import dataclass

import pytest

from convox.errors import HostError
from convox.feed.release import RackRelease
from convox.update.failpoints import Failpoint, failpoints
from convox.update.performing import perform, take_back
from convox.update.steps.step import Effect, HopInHand, nothing


@dataclass(frozen=True)
class TwoEffects:
    name: str = "two"

    @property
    def effects(self):
        return (Effect(name="one", do=nothing), Effect(name="other", do=nothing))

    async def note(self, hop):
        return {}

    async def verify(self, hop, facts):
        raise HostError("seen last")


def release(version: str) -> RackRelease:
    return RackRelease(version=version, notes="", surfaces={}, images={}, artifacts=())


HOP = HopInHand(update="U1", origin=release("1"), target=release("2"))


def test_each_effect_is_announced_before_and_after_it_is_done_and_undone():
    announced: list[str] = []

    async def reach(point: Failpoint) -> None:
        announced.append(str(point))

    with pytest.raises(HostError, match="seen last"):
        asyncio.run(perform(TwoEffects(), HOP, {}, reach))
    asyncio.run(take_back(TwoEffects(), HOP, {}, reach))
    assert announced == [
        "two.one.do.before",
        "two.one.do.after",
        "two.other.do.before",
        "two.other.do.after",
        "two.other.undo.before",
        "two.other.undo.after",
        "two.one.undo.before",
        "two.one.undo.after",
    ]
    effects = {str(point) for point in failpoints([TwoEffects()]) if point.effect != "journal"}
    assert effects == set(announced)


def test_the_journal_has_its_failpoints_too():
    found = {str(point) for point in failpoints([TwoEffects()])}
    assert {"two.journal.begun.before", "two.journal.restored.after"} <= found
    assert len(found) == 2 * (4 + 4)
