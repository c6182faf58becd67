"""What Convox's own, unsigned list of versions says; nothing is ever done by it."""

import asyncio

from convox.api.encoding import text
from convox.api.endpoint import Asked, Endpoint, Input, Place
from convox.control.use_cases import UseCases
from convox.errors import InvalidInput, UserError
from convox.feed.legacy import LegacyRelease, hops, read_list
from convox.wire import update_shapes

_ADDRESS = Input(
    name="address", place=Place.QUERY, parse=text, summary="the address of a versions.json"
)
_WANTED = Input(name="version", place=Place.QUERY, parse=text, summary="the newest if absent")


async def _show(use: UseCases, asked: Asked) -> update_shapes.LegacyList:
    address = asked.get(_ADDRESS)
    if not address:
        raise InvalidInput("cannot show a list of versions: none is named; name its address")
    releases = await asyncio.to_thread(read_list, address)
    running = use.updates.version()
    return {
        "address": address,
        "unsigned": f"{address} is not signed: it may say anything, and no rack updates by it",
        "running": running,
        "releases": [_shape(each) for each in releases],
        "lines": _lines(releases, running, asked.get(_WANTED) or None),
    }


def _lines(releases: tuple[LegacyRelease, ...], running: str, wanted: str | None) -> list[str]:
    """Return how Convox would go on from the running release, in words.

    A list with nothing newer is still to be shown; one without what was asked for is refused.
    """
    try:
        path = hops(releases, running, wanted)
    except UserError as refusal:
        if wanted is not None:
            raise
        return [str(refusal)]
    first, *rest = (f"{each.version}{' (required)' * each.required}" for each in path)
    return [f"From {running} to {first}", *(f"then, by another update, to {each}" for each in rest)]


def _shape(release: LegacyRelease) -> update_shapes.LegacyRelease:
    return {
        "version": release.version,
        "description": release.description,
        "published": release.published,
        "required": release.required,
    }


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/system/legacy",
        call=_show,
        summary="Show an unsigned list of versions, and how it would lead on; changes nothing",
        inputs=(_ADDRESS, _WANTED),
        answer=update_shapes.LegacyList,
    ),
)
