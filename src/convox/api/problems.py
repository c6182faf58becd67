"""Errors, as answers: one total table from what went wrong to a status."""

import logging

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from convox import errors
from convox.api.encoding import header

_log = logging.getLogger(__name__)

STATUS: dict[type[errors.RackError], int] = {
    errors.UserError: 400,
    errors.InvalidInput: 400,
    errors.NotFound: 404,
    errors.Taken: 409,
    errors.Refused: 403,
    errors.FeedError: 502,
    errors.FeedUnreachable: 502,
    errors.FeedUntrusted: 502,
    errors.FeedStale: 502,
    errors.HostError: 500,
    errors.EngineError: 500,
    errors.RouterError: 500,
    errors.ResourceError: 500,
    errors.StateError: 500,
    errors.LeaseLost: 503,
    errors.RackError: 500,
}
"""By the error's own class; a test holds it against the tree in ``errors``."""


def explain(error: Exception) -> str:
    """Return the text for a person.

    Clients take it for a format, so a bare percent sign would print as nonsense.
    """
    if isinstance(error, errors.RackError):
        return str(error).replace("%", " percent")
    if isinstance(error, sa.exc.OperationalError):
        return f"cannot record that: {error.orig}; see convox rack doctor".replace("%", " percent")
    if isinstance(error, OSError) and error.strerror:
        return f"cannot answer: the machine says: {error.strerror.lower()}"
    return "cannot answer: the rack made a mistake; its log says which"


async def answer_rack_error(request: Request, error: Exception) -> Response:
    """Answer with the status of the error's class and its text."""
    status = STATUS[type(error)] if isinstance(error, errors.RackError) else 500
    if status >= 500:
        _log.warning("%s %s: %s", request.method, header(request.url.path), error)
    return PlainTextResponse(explain(error) + "\n", status_code=status)


async def answer_unknown_route(request: Request, error: Exception) -> Response:
    """Answer as Convox does to a route or a method it does not have: 404 and nothing else."""
    return Response(status_code=404)


async def answer_machine_error(request: Request, error: Exception) -> Response:
    """Answer where the disk is full, a file cannot be opened, and the like."""
    _log.error("%s %s", request.method, header(request.url.path), exc_info=error)
    return PlainTextResponse(explain(error) + "\n", status_code=500)


async def answer_nobody(request: Request, error: Exception) -> Response:
    """Answer a client that has gone away while it was sending."""
    return Response(status_code=400)


async def answer_mistake(request: Request, error: Exception) -> Response:
    """Answer to an error of our own, which the server's log shows in full."""
    return PlainTextResponse(explain(error) + "\n", status_code=500)
