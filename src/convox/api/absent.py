"""What Convox has and this rack does not: refused with a reason in place of an empty 404."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from convox.api.sockets import Stream

_CERTIFICATES = "manage certificates; put one where its router finds it"
_COPY = "copy files of processes; use `convox exec` with tar"
_EXPORT = "export or import builds; deploy the source instead"
_METRICS = "keep metrics"
_REGISTRIES = "use image registries: it runs folders, not containers"
_RESOURCES = "have resources of its own; name them in convox.yml"
_TOKENS = "issue tokens; use its password"

ABSENT: Mapping[str, str] = {
    "/apps/{app}/builds/import": _EXPORT,
    "/apps/{app}/builds/{build}.tgz": _EXPORT,
    "/apps/{app}/metrics": _METRICS,
    "/apps/{app}/processes/{process}/files": _COPY,
    "/apps/{app}/services/{service}/metrics": _METRICS,
    "/apps/{app}/ssl/{service}/{port}": _CERTIFICATES,
    "/certificates": _CERTIFICATES,
    "/certificates/{rest:path}": _CERTIFICATES,
    "/events": "take events",
    "/instances/keyroll": "have keys of instances",
    "/rds/{rest:path}": "manage databases of a cloud",
    "/registries": _REGISTRIES,
    "/registries/{rest:path}": _REGISTRIES,
    "/resources": _RESOURCES,
    "/resources/{rest:path}": _RESOURCES,
    "/system/capacity": "measure its capacity",
    "/system/jwt/{rest:path}": _TOKENS,
    "/system/metrics": _METRICS,
    "/system/sync/{rest:path}": "synchronise with a cloud",
}
"""By path, what this rack does not do."""

ABSENT_SOCKETS: Mapping[str, str] = {
    "/apps/{app}/processes/{process}/logs": "have logs of single processes; use `convox logs`",
    "/instances/{instance}/shell": "give shells on instances; use `convox exec`",
    "/proxy/{host}/{port}": "relay connections; reach its ports on the machine itself",
}
_METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]
_FAILED = 1  # exit status


def routes() -> list[Route | WebSocketRoute]:
    """Return the routes of all that is absent; they come before the others."""
    return [
        *(Route(path, _refusal(what), methods=_METHODS) for path, what in ABSENT.items()),
        *(WebSocketRoute(path, _socket_refusal(what)) for path, what in ABSENT_SOCKETS.items()),
    ]


def _refusal(what: str) -> Callable[[Request], Awaitable[Response]]:
    async def refuse(request: Request) -> Response:
        return PlainTextResponse(f"this rack does not {what}\n", status_code=404)

    return refuse


def _socket_refusal(what: str) -> Callable[[WebSocket], Awaitable[None]]:
    async def refuse(socket: WebSocket) -> None:
        await socket.accept()
        stream = Stream(socket)
        await stream.output(f"ERROR: this rack does not {what}\n".encode())
        await stream.end(_FAILED)

    return refuse
