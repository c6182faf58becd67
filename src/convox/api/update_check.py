"""What the rack does next by itself: ours beyond Convox's API."""

from convox.api.encoding import rfc3339
from convox.api.endpoint import Asked, Endpoint
from convox.control.automatic.forecast import Forecast
from convox.control.use_cases import UseCases
from convox.wire import update_shapes


async def _ask(use: UseCases, asked: Asked) -> update_shapes.UpdateCheck:
    return _shape(await use.automatic.check())


async def _show(use: UseCases, asked: Asked) -> update_shapes.UpdateCheck:
    return _shape(use.automatic.current())


def _shape(forecast: Forecast) -> update_shapes.UpdateCheck:
    outlook, action = forecast.outlook, forecast.action
    feed = outlook.feed
    return {
        "version": outlook.running,
        "channel": outlook.policy.channel,
        "available": forecast.newest,
        "next": {
            "action": action.kind,
            "reason": action.reason,
            "why": action.why,
            "until": rfc3339(action.until) if action.until else None,
            "target": action.target,
            "way_out": action.way_out,
            "line": action.line,
        },
        "hold": forecast.hold,
        "pin": forecast.pin,
        "alarm": forecast.alarm,
        "feed": {
            "seen": rfc3339(feed.seen) if feed.seen else None,
            "trouble": feed.trouble or "",
            "text": feed.text,
            "since": rfc3339(feed.since) if feed.since else None,
            "asks": rfc3339(feed.asks) if feed.asks else None,
        },
    }


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/system/update/check",
        call=_show,
        summary="Show what the rack does next by itself, or why nothing",
        answer=update_shapes.UpdateCheck,
    ),
    Endpoint(
        method="POST",
        path="/system/update/check",
        call=_ask,
        summary="Ask the feed now, and show what the rack does next by itself",
        answer=update_shapes.UpdateCheck,
    ),
)
