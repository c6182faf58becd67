"""Go on with wave after wave: look at its racks, have them begin, and keep what has become of it.

``decide`` decides; what it says is kept before it is done, so that the command may end anywhere.
"""

from collections.abc import Sequence
from functools import partial

from convox.cli.call import Call
from convox.cli.fleet.decide import (
    begins,
    begun,
    end_wave,
    hold_up,
    judge,
    refuse,
    stands,
    start_wave,
)
from convox.cli.fleet.fleet import Fleet, Member, Seen, State, explain
from convox.cli.fleet.kept import keep, to_json
from convox.cli.fleet.look import look, planner
from convox.cli.many import ask
from convox.client.errors import Answered, ClientError

_PACE = 2.0  # seconds between two looks
_ITS_OWN = 500  # statuses from here on are about the rack or its feed, and may pass


def until_it_stands(call: Call, fleet: Fleet) -> Fleet:
    """Go on with wave after wave, until all is done or one rack has failed."""
    wave = 0
    while fleet.wave:
        if fleet.wave != wave:
            wave = fleet.wave
            fleet = _start(call, fleet)
        fleet = _record(call, fleet, fleet.put(_advance(call, fleet)))
        fleet = _record(call, fleet, end_wave(fleet, call.machine.monotonic()))
        if stands(fleet):
            break
        if fleet.wave == wave:
            call.machine.sleep(_PACE)
    return fleet


def _start(call: Call, fleet: Fleet) -> Fleet:
    names = ", ".join(each.name for each in fleet.present if each.state is not State.DONE)
    call.out.line(f"Wave {fleet.wave} of {fleet.waves} to {fleet.target}: {names}")
    return _record(call, fleet, start_wave(fleet, call.machine.monotonic()))


def _advance(call: Call, fleet: Fleet) -> Sequence[Member]:
    """Look at the racks of the wave, and begin the next hop of those that wait for one."""
    present = {each.name: each for each in fleet.present}
    seen = ask(present, partial(look, call))
    now = call.machine.monotonic()
    judged = {name: judge(each, seen[name], fleet.target, now) for name, each in present.items()}
    idle = [name for name, each in judged.items() if begins(each, seen[name], fleet.target)]
    lines = [f"{name} {told.update['line']}" for name, told in seen.items() if told.is_active]
    call.out.live("; ".join(lines))
    hopping = ask(idle, lambda name: _hop(call, fleet, judged[name], seen[name]))
    return list({**judged, **hopping}.values())


def _hop(call: Call, fleet: Fleet, member: Member, seen: Seen) -> Member:
    """Have a rack make its next hop: to the target, or to the required release before it."""
    try:
        update = planner(call, member.name).post(
            "/system/update", version=fleet.target, yes=fleet.consents or None
        )
    except Answered as error:
        seen = look(call, member.name)
        if seen.is_active or seen.version >= fleet.target:  # somebody else was faster
            return member
        if error.status < _ITS_OWN:
            return refuse(member, str(error))
        return hold_up(member, str(error), call.machine.monotonic())
    except ClientError:  # the next look says what has come of it
        return member
    call.out.line(f"{member.name}: updating to {update['target']}")
    return begun(member, seen, update["id"])


def _record(call: Call, before: Fleet, fleet: Fleet) -> Fleet:
    """Keep what has become of it, and tell what is new."""
    if to_json(before) != to_json(fleet):
        keep(call, fleet)
    for old, new in zip(before.members, fleet.members, strict=True):
        if old.state is not new.state and new.state in (State.SOAKING, State.FAILED):
            words = explain(fleet, new)
            runs = f"runs {new.version}, " if new.state is State.SOAKING else ""
            call.out.line(f"{new.name}: {runs}{words}")
    if fleet.wave != before.wave:
        call.out.line(f"Wave {before.wave} of {fleet.waves} is done")
    return fleet
