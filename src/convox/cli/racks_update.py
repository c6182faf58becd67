"""``convox racks update``: update many racks in waves, and stop by itself when one fails."""

from typing import Any

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.fleet.fleet import Fleet, State, explain, word
from convox.cli.fleet.kept import WAY_ON, keep, last
from convox.cli.fleet.prepare import prepare
from convox.cli.fleet.run import until_it_stands
from convox.cli.selection import known_hosts
from convox.cli.settings import FLEET


def update(call: Call) -> int:
    """Begin, resume, show or abandon an update of many racks; return the exit status."""
    asked = [name for name in ("resume", "status", "abandon", "plan") if call.flag(name)]
    if len(asked) > 1:
        raise CommandError(f"--{asked[0]} and --{asked[1]} do not go together")
    if call.flag("status"):
        _show(call, _kept(call))
        return 0
    if call.flag("plan"):
        _show(call, prepare(call))
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
        _refuse_while_open(call)
        return _carry_out(call, prepare(call))


def _kept(call: Call) -> Fleet:
    fleet = last(call)
    if fleet is None:
        raise CommandError("no update of racks was begun here; `convox racks update` begins one")
    return fleet


def _open(call: Call) -> Fleet:
    fleet = _kept(call)
    if not fleet.is_open:
        raise CommandError(
            f"the update of racks to {fleet.target} has ended; `convox racks update` begins another"
        )
    return fleet


def _refuse_while_open(call: Call) -> None:
    before = last(call)
    if before and before.is_open:
        wave = f"wave {before.wave} of {before.waves}"
        raise CommandError(f"an update of racks to {before.target} stands in {wave}: {WAY_ON}")


def _reachable(call: Call, fleet: Fleet) -> Fleet:
    """Return the same; refuse to go on where a name is not known, as it may mean another rack."""
    known = known_hosts(call.settings)
    awaited = [each.name for each in fleet.members if each.state is not State.DONE]
    gone = [name for name in awaited if name not in known]
    if gone:
        raise CommandError(
            f"no such rack any more: {', '.join(gone)}; `convox login` makes it known again under"
            " its name, --abandon ends the update of racks"
        )
    return fleet


def _carry_out(call: Call, fleet: Fleet) -> int:
    results = call.out
    if results.as_json:
        call.out = results.to_errors()
    keep(call, fleet)
    try:
        fleet = until_it_stands(call, fleet)
    except KeyboardInterrupt:
        call.out.notice(f"no further rack begins; what one has begun it ends by itself; {WAY_ON}")
        raise
    if results.as_json:
        results.json(_summary(fleet))
    else:
        _show(call, fleet)
    if not fleet.failed:
        return 0
    why = "; ".join(f"{each.name} {explain(fleet, each)}" for each in fleet.failed)
    call.out.error(f"stopped in wave {fleet.wave} of {fleet.waves}: {why}; {WAY_ON}")
    return 1


def _abandon(call: Call) -> int:
    fleet = _open(call)._replace(abandoned=True)
    keep(call, fleet)
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
