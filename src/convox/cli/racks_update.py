"""``convox racks update``: update many racks in waves, and stop by itself when one fails.

``fleet`` decides; here racks are asked, side by side, and what was decided is kept before it is
done, so that the command may be interrupted anywhere and resumed.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.fleet import (
    Fleet,
    Member,
    Seen,
    State,
    begins,
    begun,
    end_wave,
    explain,
    from_json,
    hold_up,
    judge,
    refuse,
    stands,
    start_wave,
    to_json,
    word,
)
from convox.cli.many import ask, rack_named
from convox.cli.selection import endpoint_of, known_hosts
from convox.cli.settings import FLEET
from convox.cli.waves import parse_sizes, split
from convox.cli.words import seconds
from convox.client.errors import Answered, ClientError
from convox.client.rack import Rack

_WAVES, _SOAK = "1,10%,rest", "60s"
_PACE = 2.0  # seconds between two looks
_PLANNING = 60.0  # seconds in which a rack answers that has to ask its feed first
_ITS_OWN = 500  # statuses from here on are about the rack or its feed, and may pass
_VERSION = re.compile(r"\d{14}")
_ON = "`convox racks update --resume` goes on with it, --abandon ends it"


def update(call: Call) -> int:
    """Begin, resume, show or abandon an update of many racks; return the exit status."""
    asked = [name for name in ("resume", "status", "abandon", "plan") if call.flag(name)]
    if len(asked) > 1:
        raise CommandError(f"--{asked[0]} and --{asked[1]} do not go together")
    if call.flag("status"):
        _show(call, _kept(call))
        return 0
    with call.settings.lock(FLEET) as other:
        if other:
            raise CommandError(
                f"cannot update racks: {other} does at this moment; `convox racks update --status`"
                " shows how far it is, and once it has ended, or was ended, --resume goes on"
            )
        if call.flag("abandon"):
            return _abandon(call)
        if call.flag("resume"):
            return _carry_out(call, _reachable(call, _open(call)))
        fleet = _prepare(call)
        if call.flag("plan"):
            _show(call, fleet)
            return 0
        return _carry_out(call, fleet)


def last(call: Call) -> Fleet | None:
    """Return the last update of many racks, ``None`` where there was none."""
    text = call.settings.text(FLEET)
    try:
        return from_json(text) if text else None
    except ValueError as error:
        raise CommandError(f"cannot read what is kept of the racks' update: {error}") from error


def _kept(call: Call) -> Fleet:
    fleet = last(call)
    if fleet is None:
        raise CommandError("no update of racks was begun here")
    return fleet


def _open(call: Call) -> Fleet:
    fleet = _kept(call)
    if not fleet.is_open:
        raise CommandError(f"the update of racks to {fleet.target} has ended")
    return fleet


def _reachable(call: Call, fleet: Fleet) -> Fleet:
    """Return the same; refuse to go on where a name is not known, as it may mean another rack."""
    known = known_hosts(call.settings)
    gone = [each.name for each in fleet.members if each.state is not State.DONE]
    gone = [name for name in gone if name not in known]
    if gone:
        raise CommandError(
            f"no such rack any more: {', '.join(gone)}; `convox login` makes it known again under"
            " its name, --abandon ends the update of racks"
        )
    return fleet


def _prepare(call: Call) -> Fleet:
    """Look at all racks, and refuse to begin where one of them could not follow."""
    before = last(call)
    if before and before.is_open:
        wave = f"wave {before.wave} of {before.waves}"
        raise CommandError(f"an update of racks to {before.target} stands in {wave}: {_ON}")
    names, version = _arguments(call)
    waves = split(names, parse_sizes(call.flag("wave") or _WAVES))
    seen = ask(names, partial(_look, call))
    silent = [name for name in names if seen[name].silence]
    if silent:
        raise CommandError(f"no answer from {', '.join(silent)}: name the racks to update")
    target = version or _newest(call, names)
    consents = bool(call.flag("yes"))
    _refuse(ask(names, lambda name: _objection(call, name, seen[name], target, consents)))
    members = tuple(
        Member(
            name=name,
            wave=number,
            state=State.DONE if seen[name].version == target else State.WAITING,
            version=seen[name].version,
        )
        for number, wave in enumerate(waves, 1)
        for name in wave
    )
    _tell_ahead(call, [each for each in members if seen[each.name].goes_by_itself(target)])
    return Fleet(
        target=target,
        soak=seconds(call.flag("soak") or _SOAK),
        consents=consents,
        members=members,
    )


def _tell_ahead(call: Call, members: Sequence[Member]) -> None:
    """Say which racks may not wait for their wave."""
    names = [each.name for each in members if each.wave > 1 and each.state is State.WAITING]
    if names:
        call.out.notice(
            "racks that update by themselves (AutoUpdate=on) may be ahead of their wave:"
            f" {', '.join(names)}; `convox rack update hold -r <name>` keeps one from it"
        )


def _arguments(call: Call) -> tuple[Sequence[str], str | None]:
    """Return the racks, all that are known where none is named, and the version."""
    versions = [word for word in call.arguments if _VERSION.fullmatch(word)]
    names = list(dict.fromkeys(word for word in call.arguments if word not in versions))
    known = known_hosts(call.settings)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CommandError(f"no such rack: {unknown[0]}; known are {', '.join(sorted(known))}")
    if len(versions) > 1:
        raise CommandError(f"one version expected: {' '.join(versions)}")
    if not known:
        raise CommandError("no racks found, try `convox login` or `convox rack install local`")
    return names or sorted(known), versions[0] if versions else None


def _newest(call: Call, names: Sequence[str]) -> str:
    """Return the release that is the newest for all of the racks."""

    def offered(name: str) -> str:
        check = _planner(call, name).post("/system/update/check")
        return str(check["available"])

    found = ask(names, offered)
    if len(set(found.values())) > 1:
        each = ", ".join(f"{version} to {name}" for name, version in found.items())
        raise CommandError(f"racks are offered different releases: {each}; name one of them")
    return found[names[0]]


def _objection(call: Call, name: str, seen: Seen, target: str, consents: bool) -> str:  # noqa: FBT001 - as typed
    """Return why a rack could not follow; empty where it can."""
    if seen.version == target:
        return ""
    if seen.version > target:
        return f"it runs {seen.version}, which is newer than {target}"
    try:
        plan = _planner(call, name).get("/system/update/plan", version=target, through=True)
    except ClientError as error:
        return str(error)
    if plan["no_return"] and not consents:
        return f"{plan['no_return']}; agree with --yes"
    return "; ".join(plan.get("refused") or [])


def _refuse(objections: dict[str, str]) -> None:
    found = [f"{name}: {why}" for name, why in objections.items() if why]
    if found:
        lines = "\n".join(f"  {line}" for line in found)
        raise CommandError(
            f"cannot update {len(found)} of {len(objections)} racks, and none was begun; name the"
            f" others to update those\n{lines}"
        )


def _carry_out(call: Call, fleet: Fleet) -> int:
    results = call.out
    if results.as_json:
        call.out = results.to_errors()
    call.settings.write(FLEET, to_json(fleet))
    try:
        fleet = _until_it_stands(call, fleet)
    except KeyboardInterrupt:
        call.out.notice(f"no further rack begins; what one has begun it ends by itself; {_ON}")
        raise
    if results.as_json:
        results.json(_summary(fleet))
    else:
        _show(call, fleet)
    if not fleet.failed:
        return 0
    why = "; ".join(f"{each.name} {explain(fleet, each)}" for each in fleet.failed)
    call.out.error(f"stopped in wave {fleet.wave} of {fleet.waves}: {why}; {_ON}")
    return 1


def _until_it_stands(call: Call, fleet: Fleet) -> Fleet:
    """Go on with wave after wave, until all is done or one rack has failed."""
    wave = 0
    while fleet.wave:
        if fleet.wave != wave:
            wave = fleet.wave
            fleet = _start(call, fleet)
        fleet = _keep(call, fleet, fleet.put(_advance(call, fleet)))
        fleet = _keep(call, fleet, end_wave(fleet, call.machine.monotonic()))
        if stands(fleet):
            break
        if fleet.wave == wave:
            call.machine.sleep(_PACE)
    return fleet


def _start(call: Call, fleet: Fleet) -> Fleet:
    names = ", ".join(each.name for each in fleet.present if each.state is not State.DONE)
    call.out.line(f"Wave {fleet.wave} of {fleet.waves} to {fleet.target}: {names}")
    return _keep(call, fleet, start_wave(fleet, call.machine.monotonic()))


def _advance(call: Call, fleet: Fleet) -> Sequence[Member]:
    """Look at the racks of the wave, and begin the next hop of those that wait for one."""
    present = {each.name: each for each in fleet.present}
    seen = ask(present, partial(_look, call))
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
        update = _planner(call, member.name).post(
            "/system/update", version=fleet.target, yes=fleet.consents or None
        )
    except Answered as error:
        seen = _look(call, member.name)
        if seen.is_active or seen.version == fleet.target:  # somebody else was faster
            return member
        if error.status < _ITS_OWN:
            return refuse(member, str(error))
        return hold_up(member, str(error), call.machine.monotonic())
    except ClientError:  # the next look says what has come of it
        return member
    call.out.line(f"{member.name}: updating to {update['target']}")
    return begun(member, seen, update["id"])


def _look(call: Call, name: str) -> Seen:
    """Ask a rack how it is: first for its update, since one that is done has changed the rest."""
    rack = rack_named(call, name)
    try:
        update = _if_there(rack, "/system/update")
        system = rack.get("/system")
        health = _if_there(rack, "/system/health")
        return Seen(
            version=system["version"],
            status=system["status"],
            update=update,
            ailments=tuple(health.get("ailments", ())),
            parameters=system.get("parameters", {}),
        )
    except (ClientError, KeyError, TypeError) as error:
        return Seen(silence=str(error) or "it is no rack")


def _if_there(rack: Rack, path: str) -> Any:
    try:
        return rack.get(path)
    except Answered as error:
        if error.status == 404:
            return {}
        raise


def _planner(call: Call, name: str) -> Rack:
    endpoint = endpoint_of(call.settings, call.machine, name)
    return Rack(endpoint._replace(patience=_PLANNING))


def _keep(call: Call, before: Fleet, fleet: Fleet) -> Fleet:
    """Keep what has become of it, and tell what is new."""
    if to_json(before) != to_json(fleet):
        call.settings.write(FLEET, to_json(fleet))
    for old, new in zip(before.members, fleet.members, strict=True):
        if old.state is not new.state and new.state in (State.SOAKING, State.FAILED):
            words = explain(fleet, new)
            runs = f"runs {new.version}, " if new.state is State.SOAKING else ""
            call.out.line(f"{new.name}: {runs}{words}")
    if fleet.wave != before.wave:
        call.out.line(f"Wave {before.wave} of {fleet.waves} is done")
    return fleet


def _abandon(call: Call) -> int:
    fleet = _open(call)._replace(abandoned=True)
    call.settings.write(FLEET, to_json(fleet))
    _show(call, fleet)
    return 0


def _show(call: Call, fleet: Fleet) -> None:
    summary = _summary(fleet)
    columns = ("NAME", "WAVE", "STATE", "VERSION", "WHY")
    rows = [[rack[column.lower()] for column in columns] for rack in summary["racks"]]
    call.out.table(summary, columns, rows)


def _summary(fleet: Fleet) -> dict[str, Any]:
    return {
        "target": fleet.target,
        "wave": fleet.wave,
        "waves": fleet.waves,
        "soak": fleet.soak,
        "abandoned": fleet.abandoned,
        "racks": [
            {
                "name": each.name,
                "wave": each.wave,
                "state": word(fleet, each),
                "version": each.version,
                "why": explain(fleet, each),
            }
            for each in fleet.members
        ],
    }
