"""An update of many racks, wave after wave: what is known of it, and what comes next. Pure.

A rack carries out its own updates; here is only decided when one begins, when a wave has proved
itself, and when nothing further begins.
"""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

SILENCE = 180.0  # seconds without an answer that are borne: the API itself moves in an update
ILLNESS = 300.0  # seconds for which a rack may be unwell before its wave has failed


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
    State.UPDATING: "was at {} and ends by itself what it has begun",
    State.SOAKING: "runs {} and was not well for long enough yet",
}
"""What is said of a rack that has come no further when all was abandoned."""


class Member(NamedTuple):
    """One of the racks.

    ``version`` is what it ran when it was seen last, ``before`` what was not well with it before.
    ``update`` is the last one that was under way there, and ``cause`` why it has failed. When it
    was ``heard`` last, and since when it is ``unwell``, or has ``arrived`` at the target and is
    well, are times of one command's clock, and not kept.
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


def judge(member: Member, seen: Seen, target: str, now: float) -> Member:
    """Return what is known of a rack of the present wave once it was seen."""
    if member.state not in (State.UPDATING, State.SOAKING):
        return member
    if seen.silence:
        if now - member.heard > SILENCE:
            return _fail(member, f"it does not answer: {seen.silence}")
        return member._replace(arrived=None)
    member = member._replace(version=seen.version, heard=now)
    if seen.is_active:
        return member._replace(update=seen.update["id"], unwell=None, arrived=None)
    if seen.version == target:
        return _soak(member, seen, now)
    why = _why_not(member, seen, target)
    return _fail(member, why) if why else member


def begins(member: Member, seen: Seen, target: str) -> bool:
    """Say whether the next hop of a rack is to begin."""
    is_idle = member.state is State.UPDATING and not seen.silence and not seen.is_active
    return is_idle and seen.version != target


def begun(member: Member, seen: Seen, update: str) -> Member:
    """Return that an update begins; what is not well before the first one is no news after it."""
    before = member.before if member.update else seen.ailments
    return member._replace(update=update, before=before, unwell=None)


def refuse(member: Member, why: str) -> Member:
    """Return that the rack does not take the update."""
    return _fail(member, why)


def hold_up(member: Member, why: str, now: float) -> Member:
    """Return that the rack cannot take the update at this moment, which may pass."""
    since = now if member.unwell is None else member.unwell
    return _fail(member, why) if now - since > SILENCE else member._replace(unwell=since)


def start_wave(fleet: Fleet, now: float) -> Fleet:
    """Let the racks of the present wave begin, or go on."""
    return fleet.put([_start(each, now) for each in fleet.present if each.state is not State.DONE])


def end_wave(fleet: Fleet, now: float) -> Fleet:
    """Let the present wave be done, where all of it has been at the target and well for long."""
    open_ = [each for each in fleet.present if each.state is not State.DONE]
    if any(each.state is not State.SOAKING or each.arrived is None for each in open_):
        return fleet
    if any(now - (each.arrived or 0.0) < fleet.soak for each in open_):
        return fleet
    return fleet.put([_move(each, Event.SOAKED) for each in open_])


def stands(fleet: Fleet) -> bool:
    """Say whether nothing goes on: all is done, or one has failed and no other is under way."""
    if fleet.wave == 0:
        return True
    is_under_way = any(each.state is State.UPDATING for each in fleet.members)
    return bool(fleet.failed) and not is_under_way


def word(fleet: Fleet, member: Member) -> str:
    """Return how far a rack has come; once all is abandoned, none goes on."""
    return ABANDONED if fleet.abandoned and member.state in _LEFT else member.state


def explain(fleet: Fleet, member: Member) -> str:
    """Return why a rack is where it is; empty where it is done."""
    if member.state is State.DONE:
        return ""
    if member.state is State.FAILED:
        return f"stays at {member.version}: {member.cause}"
    if fleet.abandoned:
        left = _LEFT[member.state].format(member.version)
        return f"{left}: the update to {fleet.target} was abandoned"
    place = f"wave {member.wave} of {fleet.waves} to {fleet.target}"
    if member.state is not State.WAITING:
        return f"{member.state} in {place}"
    by = ", ".join(each.name for each in fleet.failed)
    return f"waits in {place}, held up by {by}" if by else f"waits in {place}"


def concerns(fleet: Fleet, member: Member, running: str) -> bool:
    """Say whether the update is why a rack runs that: after its end the rack may have gone on.

    ``running`` is empty where the rack does not say.
    """
    return running != fleet.target and (fleet.is_open or running in {member.version, ""})


def to_json(fleet: Fleet) -> str:
    """Return what is kept of it."""
    members = [
        {
            "name": each.name,
            "wave": each.wave,
            "state": each.state,
            "version": each.version,
            "before": each.before,
            "update": each.update,
            "cause": each.cause,
        }
        for each in fleet.members
    ]
    return json.dumps({**fleet._asdict(), "members": members}, indent=2)


def from_json(text: str) -> Fleet:
    """Read what was kept; ``ValueError`` where it is not that."""
    try:
        read = json.loads(text)
        members = tuple(
            Member(**{**each, "state": State(each["state"]), "before": tuple(each["before"])})
            for each in read["members"]
        )
        return Fleet(**{**read, "members": members})
    except (KeyError, TypeError) as error:
        raise ValueError(f"it is no update of racks: {error}") from error


def _start(member: Member, now: float) -> Member:
    member = member._replace(heard=now, unwell=None, arrived=None)
    if member.state is State.UPDATING:
        return member
    event = Event.BEGUN if member.state is State.WAITING else Event.RESUMED
    return _move(member, event)._replace(update="", cause="")


def _soak(member: Member, seen: Seen, now: float) -> Member:
    """Nothing may be worse than it was before; what does not pass soon has failed."""
    if member.state is not State.SOAKING:
        member = _move(member, Event.ARRIVED)
    worse = [each for each in seen.ailments if each not in member.before]
    if seen.status in ("failed", "rollback"):
        worse.append(f"its status is {seen.status}")
    if worse:
        since = now if member.unwell is None else member.unwell
        if now - since > ILLNESS:
            return _fail(member, f"it is worse than before: {'; '.join(worse)}")
        return member._replace(unwell=since, arrived=None)
    if seen.status != "running":
        return member._replace(unwell=None, arrived=None)
    arrived = now if member.arrived is None else member.arrived
    return member._replace(unwell=None, arrived=arrived)


def _fail(member: Member, cause: str) -> Member:
    return _move(member, Event.FAILED)._replace(cause=cause)


def _move(member: Member, event: Event) -> Member:
    return member._replace(state=TRANSITIONS[member.state][event])


def _why_not(member: Member, seen: Seen, target: str) -> str:
    """Return why a rack at rest does not run the target; empty where its next hop may begin."""
    update = seen.update
    cause = f": {update['cause']}" if update.get("cause") else ""
    if member.state is State.SOAKING:
        return f"it left {target} again{cause}"
    if seen.version > target:
        return f"it runs what is newer than {target}"
    if update.get("id") == member.update and update["state"] in ("undone", "failed"):
        return f"its update to {update['target']} {update['state']}{cause}"
    return ""
