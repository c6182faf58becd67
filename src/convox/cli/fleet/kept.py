"""What is kept of an update of many racks between two commands, of which one goes on with it."""

import json

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.fleet.fleet import Fleet, Member, State
from convox.cli.settings import FLEET

WAY_ON = "`convox racks update --resume` goes on with it, --abandon ends it"
"""What to do about one that has not ended."""


def last(call: Call) -> Fleet | None:
    """Return the last update of many racks, ``None`` where there was none."""
    text = call.settings.text(FLEET)
    try:
        return from_json(text) if text else None
    except ValueError as error:
        where = call.settings.path(FLEET)
        raise CommandError(
            f"cannot read what is kept of the racks' update: {error}; mend {where}, or remove it to"
            " begin anew"
        ) from error


def keep(call: Call, fleet: Fleet) -> None:
    """Keep it for the next command."""
    call.settings.write(FLEET, to_json(fleet))


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
