"""Ask one rack of many how it is, or for a plan."""

from typing import Any

from convox.cli.call import Call
from convox.cli.fleet.fleet import Seen
from convox.cli.many import rack_named
from convox.cli.selection import endpoint_of
from convox.client.errors import Answered, ClientError
from convox.client.rack import Rack

_PLANNING = 60.0  # seconds in which a rack answers that has to ask its feed first


def look(call: Call, name: str) -> Seen:
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


def planner(call: Call, name: str) -> Rack:
    """Return a rack that is given the time to ask its feed first."""
    endpoint = endpoint_of(call.settings, call.machine, name)
    return Rack(endpoint._replace(patience=_PLANNING))


def _if_there(rack: Rack, path: str) -> Any:
    try:
        return rack.get(path)
    except Answered as error:
        if error.status == 404:
            return {}
        raise
