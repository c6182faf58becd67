"""Apps."""

from convox.api.encoding import boolean, mapping, text
from convox.api.endpoint import Asked, Endpoint, Input, Place, SocketEndpoint
from convox.api.reading import LOG_INPUTS, log_options
from convox.api.sockets import Stream
from convox.control.use_cases import UseCases
from convox.control.views import AppView, GainView
from convox.wire import shapes

_NAME = Input(name="name", place=Place.FORM, parse=text, summary="its name", is_required=True)
_GENERATION = Input(
    name="generation", place=Place.FORM, parse=text, summary="accepted; this rack knows one"
)
_LOCK = Input(name="lock", place=Place.FORM, parse=boolean, summary="refuse to delete it")
_PARAMETERS = Input(
    name="parameters", place=Place.FORM, parse=mapping, summary="refused: apps have none here"
)


async def _list(use: UseCases, asked: Asked) -> list[shapes.App]:
    return [_shape(app) for app in await use.apps.list()]


async def _create(use: UseCases, asked: Asked) -> shapes.App:
    return _shape(await use.apps.create(asked.need(_NAME)))


async def _get(use: UseCases, asked: Asked) -> shapes.App:
    return _shape(await use.apps.get(asked.path["app"]))


async def _update(use: UseCases, asked: Asked) -> None:
    name, lock, parameters = asked.path["app"], asked.get(_LOCK), asked.get(_PARAMETERS)
    use.apps.update(name, lock=lock, parameters=parameters)


async def _delete(use: UseCases, asked: Asked) -> None:
    use.deletion.start(asked.path["app"], asked_by=asked.who)


async def _cancel(use: UseCases, asked: Asked) -> None:
    use.apps.cancel(asked.path["app"])


async def _logs(use: UseCases, asked: Asked, stream: Stream) -> None:
    async for line in use.logs.app(asked.path["app"], log_options(asked)):
        await stream.output(line)


def _shape(app: AppView) -> shapes.App:
    return {
        "name": app.name,
        "status": app.status,
        "release": app.release or "",
        "generation": "2",
        "locked": app.is_locked,
        "router": app.router,
        "parameters": dict(app.parameters),
        "redeploy": [gain_shape(each) for each in app.gains],
    }


def gain_shape(gain: GainView) -> shapes.Gain:
    """Return what an app gains as JSON has it."""
    return {"version": gain.version, "feature": gain.feature, "reason": gain.reason}


ENDPOINTS = (
    Endpoint(method="GET", path="/apps", call=_list, summary="List apps", answer=list[shapes.App]),
    Endpoint(
        method="POST",
        path="/apps",
        call=_create,
        summary="Create an app",
        inputs=(_NAME, _GENERATION),
        answer=shapes.App,
    ),
    Endpoint(method="GET", path="/apps/{app}", call=_get, summary="Show an app", answer=shapes.App),
    Endpoint(
        method="PUT",
        path="/apps/{app}",
        call=_update,
        summary="Lock or unlock an app",
        inputs=(_LOCK, _PARAMETERS),
    ),
    Endpoint(method="DELETE", path="/apps/{app}", call=_delete, summary="Delete an app"),
    Endpoint(
        method="POST",
        path="/apps/{app}/cancel",
        call=_cancel,
        summary="Let the deployment that is under way turn back",
    ),
)

SOCKETS = (
    SocketEndpoint(
        path="/apps/{app}/logs", call=_logs, summary="Follow an app's log", inputs=LOG_INPUTS
    ),
)
