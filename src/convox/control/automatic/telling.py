"""Record what the rack decides by itself, where that is news."""

from typing import Any

from convox.audit import Kind, append
from convox.control.automatic.action import Action, Reason
from convox.control.automatic.forecast import Forecast
from convox.state import facts
from convox.state.lease import Lease

_FACT = "decided"
_NO_NEWS = frozenset({Reason.UNASKED, Reason.UNDER_WAY, Reason.READY})
"""What says itself in other entries, or says nothing."""


def tell(lease: Lease, forecast: Forecast) -> bool:
    """Keep a decision in the history unless it is the one before; say whether it is news."""
    action, alarm = forecast.action, forecast.alarm
    if action.reason in _NO_NEWS:
        return False
    gist = [*action.gist, alarm]
    with lease.database.look() as connection:
        if facts.get(connection, _FACT) == gist:
            return False
    with lease.fenced() as connection:
        facts.put(connection, _FACT, gist)
        append(
            connection,
            now=forecast.outlook.now,
            kind=Kind.DECIDED,
            who=f"rackd {forecast.outlook.running}",
            text=forecast.line,
            detail={**_detail(action), "alarm": alarm},
        )
    return True


def _detail(action: Action) -> dict[str, Any]:
    return {
        "kind": action.kind,
        "reason": action.reason,
        "target": action.target,
        "until": action.until.isoformat() if action.until else None,
    }
