"""Releases, and promoting them."""

from convox.api.encoding import boolean, rfc3339, seconds, text
from convox.api.endpoint import Asked, Endpoint, Input, Place
from convox.api.reading import LIMIT, limit
from convox.control.deploys import PATIENCE
from convox.control.use_cases import UseCases
from convox.control.views import ReleaseView
from convox.wire import shapes

_BUILD = Input(name="build", place=Place.FORM, parse=text, summary="carried forward if absent")
_ENV = Input(
    name="env", place=Place.FORM, parse=text, summary="all K=V lines; carried forward if absent"
)
_DESCRIPTION = Input(name="description", place=Place.FORM, parse=text, summary="said of it")
_FORCE = Input(
    name="force", place=Place.FORM, parse=boolean, summary="also while another is under way"
)
_TIMEOUT = Input(
    name="timeout", place=Place.FORM, parse=seconds, summary="seconds to become healthy in"
)
_IGNORED = tuple(
    Input(name=name, place=Place.FORM, parse=text, summary="accepted; means nothing here")
    for name in ("development", "idle", "min", "max")
)


async def _list(use: UseCases, asked: Asked) -> list[shapes.Release]:
    found = use.releases.list(asked.path["app"], limit(asked))
    return [{**_shape(release), "env": "", "manifest": ""} for release in found]


async def _get(use: UseCases, asked: Asked) -> shapes.Release:
    return _shape(use.releases.get(asked.path["app"], asked.path["release"]))


async def _create(use: UseCases, asked: Asked) -> shapes.Release:
    return _shape(
        use.releases.create(
            asked.path["app"],
            build=asked.get(_BUILD) or None,
            variables=asked.get(_ENV),
            description=asked.get(_DESCRIPTION),
        )
    )


async def _promote(use: UseCases, asked: Asked) -> None:
    patience = asked.get(_TIMEOUT) or PATIENCE
    promote = use.deploys.promote_anyway if asked.get(_FORCE) else use.deploys.promote
    await promote(asked.path["app"], asked.path["release"], patience=patience)


def _shape(release: ReleaseView) -> shapes.Release:
    return {
        "id": release.id,
        "app": release.app,
        "build": release.build or "",
        "env": release.environment,
        "manifest": release.manifest,
        "description": release.description,
        "created": rfc3339(release.created),
    }


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/apps/{app}/releases",
        call=_list,
        summary="List an app's releases, the newest first",
        inputs=(LIMIT,),
        answer=list[shapes.Release],
    ),
    Endpoint(
        method="POST",
        path="/apps/{app}/releases",
        call=_create,
        summary="Create a release",
        inputs=(_BUILD, _ENV, _DESCRIPTION),
        answer=shapes.Release,
    ),
    Endpoint(
        method="GET",
        path="/apps/{app}/releases/{release}",
        call=_get,
        summary="Show a release with its environment",
        answer=shapes.Release,
    ),
    Endpoint(
        method="POST",
        path="/apps/{app}/releases/{release}/promote",
        call=_promote,
        summary="Deploy a release",
        inputs=(_FORCE, _TIMEOUT, *_IGNORED),
    ),
)
