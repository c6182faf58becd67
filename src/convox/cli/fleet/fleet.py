"""An update of many racks, wave after wave: what is known of it, and how it is told. Pure.

A rack carries out its own updates; here is only known how far each one has come.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple


class State(StrEnum):
    """How far a rack has come."""

    WAITING = "waiting"
    UPDATING = "updating"
    SOAKING = "soaking"
    DONE = "done"
    FAILED = "failed"


class Event(StrEnum):
    """What happens to a rack."""

    BEGUN = "begun"
    ARRIVED = "arrived"
    SOAKED = "soaked"
    FAILED = "failed"
    RESUMED = "resumed"


TRANSITIONS: Mapping[State, Mapping[Event, State]] = {
    State.WAITING: {Event.BEGUN: State.UPDATING},
    State.UPDATING: {Event.ARRIVED: State.SOAKING, Event.FAILED: State.FAILED},
    State.SOAKING: {
        Event.SOAKED: State.DONE,
        Event.FAILED: State.FAILED,
        Event.RESUMED: State.UPDATING,
    },
    State.DONE: {},
    State.FAILED: {Event.RESUMED: State.UPDATING},
}

ABANDONED = "abandoned"

_LEFT = {
    State.WAITING: "stays at {}",
    State.UPDATING: "was left at {}, to end by itself what it had begun",
    State.SOAKING: "runs {} and was not well for long enough yet",
}
"""What is said of a rack that has come no further when all was abandoned."""


class Member(NamedTuple):
    """One of the racks.

    ``version`` is what it ran when it was seen last, ``before`` what was not well with it before.
    ``update`` is the last one that was under way there, and ``cause`` why it has failed, or does
    without the target. When it was ``heard`` last, and since when it is ``unwell``, or has
    ``arrived`` at the target and is well, are times of one command's clock, and not kept.
    """

    name: str
    wave: int
    state: State
    version: str
    before: tuple[str, ...] = ()
    update: str = ""
    cause: str = ""
    heard: float = 0.0
    unwell: float | None = None
    arrived: float | None = None


class Seen(NamedTuple):
    """What a rack said of itself: nothing but why, where it did not answer.

    ``update`` is the latest one, by its id, state, target and cause; ``parameters`` are the rack's.
    """

    version: str = ""
    status: str = ""
    update: Mapping[str, Any] = {}
    ailments: tuple[str, ...] = ()
    parameters: Mapping[str, str] = {}
    silence: str = ""

    @property
    def is_active(self) -> bool:
        """An update is under way."""
        return self.update.get("state") in ("updating", "paused", "rollback")

    def goes_by_itself(self, target: str) -> bool:
        """Say whether it may also come to a release with no wave: nothing keeps it for good."""
        pin = self.parameters.get("UpdatePin") or target
        is_held = self.parameters.get("UpdateHold") == "forever"
        return self.parameters.get("AutoUpdate") == "on" and not is_held and pin >= target


class Fleet(NamedTuple):
    """The whole: all racks go to ``target``, and each wave soaks for so many seconds."""

    target: str
    soak: float
    consents: bool
    members: tuple[Member, ...]
    abandoned: bool = False

    @property
    def wave(self) -> int:
        """The first wave that is not done, counted from 1; 0 where all are."""
        return min((each.wave for each in self.members if each.state is not State.DONE), default=0)

    @property
    def waves(self) -> int:
        """How many waves there are."""
        return max(each.wave for each in self.members)

    @property
    def is_open(self) -> bool:
        """It can be resumed."""
        return self.wave > 0 and not self.abandoned

    @property
    def present(self) -> tuple[Member, ...]:
        """The racks of the wave whose turn it is, and what has not ended of earlier ones."""
        return tuple(each for each in self.members if each.wave == self.wave)

    @property
    def failed(self) -> tuple[Member, ...]:
        """The racks that failed."""
        return tuple(each for each in self.members if each.state is State.FAILED)

    def put(self, members: Sequence[Member]) -> "Fleet":
        """Return the same with these racks in the place of what was known of them."""
        fresh = {each.name: each for each in members}
        return self._replace(members=tuple(fresh.get(each.name, each) for each in self.members))


def word(fleet: Fleet, member: Member) -> str:
    """Return how far a rack has come; once all is abandoned, none goes on."""
    return ABANDONED if fleet.abandoned and member.state in _LEFT else member.state


def explain(fleet: Fleet, member: Member) -> str:
    """Return why a rack is where it is; empty where it is done and runs the target."""
    if member.state is State.DONE:
        return member.cause
    if member.state is State.FAILED:
        return f"stays at {member.version}: {member.cause}"
    if fleet.abandoned:
        left = _LEFT[member.state].format(member.version)
        return f"{left}: the update to {fleet.target} was abandoned"
    place = f"wave {member.wave} of {fleet.waves} to {fleet.target}"
    if member.state is not State.WAITING:
        ahead = f": {member.cause}" if member.cause else ""
        return f"{member.state} in {place}{ahead}"
    by = ", ".join(each.name for each in fleet.failed)
    return f"waits in {place}, held up by {by}" if by else f"waits in {place}"


def concerns(fleet: Fleet, member: Member, running: str) -> bool:
    """Say whether the update is why a rack runs that: after its end the rack may have gone on.

    ``running`` is empty where the rack does not say.
    """
    if member.state is State.DONE or running == fleet.target:
        return False
    return fleet.is_open or running in {member.version, ""}
