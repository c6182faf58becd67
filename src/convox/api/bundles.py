"""Bundles of the feed, for racks that cannot reach it."""

from convox.api.encoding import rfc3339
from convox.api.endpoint import Asked, Endpoint
from convox.control.use_cases import UseCases
from convox.wire import update_shapes


async def _take(use: UseCases, asked: Asked) -> update_shapes.Bundle:
    taken = await use.bundles.take(asked.body(), asked_by=asked.who)
    return {
        "origin": taken.origin,
        "target": taken.target,
        "until": rfc3339(taken.until),
        "size": taken.size,
    }


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/system/update/bundle",
        call=_take,
        summary="Bring a piece of the feed to a rack that cannot reach it",
        answer=update_shapes.Bundle,
        is_upload=True,
    ),
)
