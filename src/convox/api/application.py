"""The API as an ASGI application."""

import logging
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from convox.api import absent, problems, table
from convox.api.authentication import Authentication
from convox.api.endpoint import Endpoint, SocketEndpoint, read_handshake, read_request
from convox.api.openapi import describe
from convox.api.sockets import Stream
from convox.control.use_cases import UseCases
from convox.errors import RackError

_log = logging.getLogger(__name__)
_FAILED = 1  # exit status


def application(use_cases: UseCases, password: str) -> Starlette:
    """Return the API of a rack; its server must have ``frames.BytesInText`` for WebSockets."""
    app = Starlette(
        routes=_routes(use_cases),
        middleware=[Middleware(_Slashes), Middleware(Authentication, password=password)],
        exception_handlers={
            RackError: problems.answer_rack_error,
            ClientDisconnect: problems.answer_nobody,
            OSError: problems.answer_machine_error,
            sa.exc.OperationalError: problems.answer_machine_error,
            Exception: problems.answer_mistake,
            404: problems.answer_unknown_route,
            405: problems.answer_unknown_route,
        },
    )
    app.router.redirect_slashes = False
    return app


def _routes(use_cases: UseCases) -> Sequence[BaseRoute]:
    description = _json(describe(table.ENDPOINTS, table.SOCKETS))
    return [
        *absent.routes(),
        Route("/openapi.json", lambda _: description),
        *(_route(endpoint, use_cases) for endpoint in table.ENDPOINTS),
        *(_socket_route(endpoint, use_cases) for endpoint in table.SOCKETS),
    ]


def _route(endpoint: Endpoint, use_cases: UseCases) -> Route:
    async def answer(request: Request) -> Response:
        found = await endpoint.call(use_cases, await read_request(request))
        if isinstance(found, Response):
            return found
        return PlainTextResponse("ok\n") if endpoint.answer is None else _json(found)

    route = Route(endpoint.path, answer, methods=[endpoint.method])
    route.methods = {endpoint.method}  # a HEAD is an endpoint of its own, not half of a GET
    return route


def _socket_route(endpoint: SocketEndpoint, use_cases: UseCases) -> WebSocketRoute:
    async def serve(socket: WebSocket) -> None:
        await socket.accept()
        stream = Stream(socket)
        status = await stream.serve(_speak(endpoint, use_cases, socket, stream))
        await stream.end(status if endpoint.has_status else None)

    return WebSocketRoute(endpoint.path, serve)


async def _speak(
    endpoint: SocketEndpoint, use_cases: UseCases, socket: WebSocket, stream: Stream
) -> int | None:
    """Speak, and say why where that is not possible: a refused handshake would show no reason."""
    try:
        return await endpoint.call(use_cases, read_handshake(socket), stream)
    except Exception as error:  # noqa: BLE001 - the boundary of the API
        if not isinstance(error, RackError):
            _log.exception("cannot serve %s", endpoint.path)
        await stream.output(f"ERROR: {problems.explain(error)}\n".encode())
        return _FAILED


def _json(value: Any) -> Response:
    content = msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
    return Response(content, media_type="application/json")


class _Slashes:
    """Takes ``//apps`` for ``/apps``: a client that was given a URL with a slash at its end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path", "").startswith("//"):
            scope = {**scope, "path": "/" + scope["path"].lstrip("/")}
        await self._app(scope, receive, send)
