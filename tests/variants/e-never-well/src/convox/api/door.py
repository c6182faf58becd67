"""What a client asks before anything else: the API serves, and says that it is not well."""

from starlette.responses import PlainTextResponse, Response

from convox.api.endpoint import Asked, Endpoint
from convox.control.use_cases import UseCases


async def _ok(use: UseCases, asked: Asked) -> Response:
    return PlainTextResponse("ok\n")


async def _check(use: UseCases, asked: Asked) -> Response:
    return PlainTextResponse("not well\n", status_code=503)


ENDPOINTS = (
    Endpoint(method="GET", path="/auth", call=_ok, summary="See whether the password is right"),
    Endpoint(method="GET", path="/check", call=_check, summary="See whether the API answers"),
)
