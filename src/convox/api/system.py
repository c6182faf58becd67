"""The rack itself."""

from convox.api.encoding import boolean, integer, mapping, rfc3339, text
from convox.api.endpoint import Asked, Endpoint, Input, Place, SocketEndpoint
from convox.api.processes import shape as process_shape
from convox.api.reading import LOG_INPUTS, log_options
from convox.api.sockets import Stream
from convox.control.parameters import COUNT
from convox.control.use_cases import UseCases
from convox.control.views import RackReleaseView, RackView
from convox.errors import InvalidInput
from convox.wire import shapes

_VERSION = Input(
    name="version", place=Place.FORM, parse=text, summary="to update to; dev: the rack decides"
)
_COUNT = Input(name="count", place=Place.FORM, parse=integer, summary="how many instances")
_TYPE = Input(name="type", place=Place.FORM, parse=text, summary="refused: instances have none")
_PARAMETERS = Input(name="parameters", place=Place.FORM, parse=mapping, summary="to set")
_ALL = Input(name="all", place=Place.QUERY, parse=boolean, summary="also those of apps")


async def _get(use: UseCases, asked: Asked) -> shapes.System:
    return _shape(await use.rack.get())


async def _update(use: UseCases, asked: Asked) -> None:
    """Do all that the request asks; a Convox client asks one thing at a time."""
    if asked.get(_TYPE):
        raise InvalidInput("cannot set the type of instances: on this rack they have none")
    count = asked.get(_COUNT)
    wanted = dict(asked.get(_PARAMETERS) or ())
    if count is not None:
        wanted[COUNT] = str(count)
    if wanted:
        use.rack.set_parameters(wanted, asked_by=asked.who)
    version = asked.get(_VERSION)
    if version is not None:
        wanted_version = None if version in {"", "dev"} else version
        await use.updates.start(wanted_version, asked_by=asked.who)


async def _releases(use: UseCases, asked: Asked) -> list[shapes.Release]:
    return [_release(release) for release in use.rack.releases()]


async def _processes(use: UseCases, asked: Asked) -> list[shapes.Process]:
    find = use.rack.all_processes if asked.get(_ALL) else use.rack.processes
    return [process_shape(process) for process in await find()]


async def _logs(use: UseCases, asked: Asked, stream: Stream) -> None:
    async for line in use.logs.rack(log_options(asked)):
        await stream.output(line)


def _shape(rack: RackView) -> shapes.System:
    forecast = rack.forecast
    return {
        "alarm": forecast.alarm,
        "available": forecast.newest,
        "count": rack.count,
        "domain": rack.domain,
        "hold": forecast.hold,
        "name": rack.name,
        "next": forecast.action.line,
        "outputs": {"Trouble": rack.trouble} if rack.trouble else {},
        "parameters": dict(rack.parameters),
        "pin": forecast.pin,
        "provider": "local",
        "rack-domain": rack.api,
        "region": "",
        "status": rack.status,
        "type": "",
        "update": rack.update,
        "version": rack.version,
    }


def _release(release: RackReleaseView) -> shapes.Release:
    return {
        "id": release.version,
        "app": "",
        "build": "",
        "env": "",
        "manifest": "",
        "description": f"update {release.update}" if release.update else "installed",
        "created": rfc3339(release.created),
    }


ENDPOINTS = (
    Endpoint(
        method="GET", path="/system", call=_get, summary="Show the rack", answer=shapes.System
    ),
    Endpoint(
        method="PUT",
        path="/system",
        call=_update,
        summary="Update or scale the rack, or set parameters",
        inputs=(_VERSION, _COUNT, _TYPE, _PARAMETERS),
    ),
    Endpoint(
        method="GET",
        path="/system/releases",
        call=_releases,
        summary="List the versions that the rack ran, the newest first",
        answer=list[shapes.Release],
    ),
    Endpoint(
        method="GET",
        path="/system/processes",
        call=_processes,
        summary="List the rack's own processes",
        inputs=(_ALL,),
        answer=list[shapes.Process],
    ),
)

SOCKETS = (
    SocketEndpoint(
        path="/system/logs", call=_logs, summary="Follow the rack's log", inputs=LOG_INPUTS
    ),
)
