"""When a rack's update begins, when a wave has proved itself, and when nothing goes on. Pure."""

from convox.cli.fleet.fleet import TRANSITIONS, Event, Fleet, Member, Seen, State

SILENCE = 180.0  # seconds without an answer that are borne: the API itself moves in an update
REFUSAL = 180.0  # seconds for which it is borne that a rack cannot take the update yet
ILLNESS = 300.0  # seconds for which a rack may be unwell before its wave has failed


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
    if seen.version == target or _is_past(seen, target):
        ahead = "" if seen.version == target else f"already runs newer {seen.version}"
        return _soak(member._replace(cause=ahead), seen, now)
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
    return _fail(member, why) if now - since > REFUSAL else member._replace(unwell=since)


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


def _is_past(seen: Seen, target: str) -> bool:
    """Say whether a rack was updated beyond the target, which lies in the same feed: it has one."""
    update = seen.update
    return seen.version > target and seen.version in (update.get("target"), update.get("origin"))


def _why_not(member: Member, seen: Seen, target: str) -> str:
    """Return why a rack at rest does not run the target; empty where its next hop may begin."""
    update = seen.update
    cause = f": {update['cause']}" if update.get("cause") else ""
    if seen.version > target:
        return f"it runs {seen.version}, newer than {target}, and no update has brought it there"
    if member.state is State.SOAKING:
        return f"it left {target} again{cause}"
    if update.get("id") == member.update and update["state"] in ("undone", "failed"):
        return f"its update to {update['target']} {update['state']}{cause}"
    return ""
