"""How what runs on the rack is doing: ours beyond Convox's API."""

from convox.api.endpoint import Asked, Endpoint
from convox.control.use_cases import UseCases
from convox.wire import shapes


async def _get(use: UseCases, asked: Asked) -> shapes.Health:
    return {"ailments": list(await use.automatic.lookout.ailments())}


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/system/health",
        call=_get,
        summary="Look at every service, its page, and every resource, and name what is not well",
        answer=shapes.Health,
    ),
)
