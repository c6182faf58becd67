"""Builds, and the objects that they are made of."""

from collections.abc import AsyncIterator

from starlette.responses import FileResponse, Response

from convox.api.encoding import rfc3339, text
from convox.api.endpoint import Asked, Endpoint, Input, Place, SocketEndpoint
from convox.api.reading import LIMIT, LOG_INPUTS, limit
from convox.api.sockets import Stream
from convox.control.use_cases import UseCases
from convox.control.views import BuildView
from convox.wire import shapes


def _form(name: str, summary: str) -> Input[str]:
    return Input(name=name, place=Place.FORM, parse=text, summary=summary)


_URL = Input(
    name="url", place=Place.FORM, parse=text, summary="of the uploaded source", is_required=True
)
_DESCRIPTION = _form("description", "said of the build and its release")
_GIT_SHA = _form("git-sha", "the commit of the source")
_MANIFEST = _form("manifest", "the file's name where it is not convox.yml")
_IGNORED = tuple(
    _form(name, "accepted; means nothing to builds without containers")
    for name in ("build-args", "development", "no-cache", "wildcard-domain")
)


async def _create(use: UseCases, asked: Asked) -> shapes.Build:
    return _shape(
        use.builds.create(
            asked.path["app"],
            asked.need(_URL),
            description=asked.get(_DESCRIPTION) or "",
            git_sha=asked.get(_GIT_SHA) or "",
            manifest=asked.get(_MANIFEST) or None,
        )
    )


async def _list(use: UseCases, asked: Asked) -> list[shapes.Build]:
    return [_shape(build) for build in use.builds.list(asked.path["app"], limit(asked))]


async def _get(use: UseCases, asked: Asked) -> shapes.Build:
    return _shape(use.builds.get(asked.path["app"], asked.path["build"]))


async def _logs(use: UseCases, asked: Asked, stream: Stream) -> None:
    async for data in use.builds.logs(asked.path["app"], asked.path["build"]):
        await stream.output(data)


async def _store(use: UseCases, asked: Asked) -> shapes.Object:
    content: AsyncIterator[bytes] = asked.body()
    return {"Url": await use.objects.store(asked.path["app"], asked.path["key"], content)}


async def _fetch(use: UseCases, asked: Asked) -> Response:
    path = use.objects.fetch(asked.path["app"], asked.path["key"])
    return FileResponse(path, media_type="application/octet-stream")


async def _exists(use: UseCases, asked: Asked) -> Response:
    is_there = use.objects.exists(asked.path["app"], asked.path["key"])
    return Response(status_code=200 if is_there else 404)


async def _forget(use: UseCases, asked: Asked) -> None:
    use.objects.delete(asked.path["app"], asked.path["key"])


async def _keys(use: UseCases, asked: Asked) -> list[str]:
    return list(use.objects.list(asked.path["app"], asked.get(_PREFIX) or ""))


_PREFIX = Input(name="prefix", place=Place.QUERY, parse=text, summary="with which keys begin")


def _shape(build: BuildView) -> shapes.Build:
    return {
        "id": build.id,
        "app": build.app,
        "description": build.description,
        "entrypoint": "",
        "git-sha": build.git_sha,
        "logs": "",
        "manifest": build.manifest,
        "process": "",
        "release": build.release or "",
        "reason": build.reason,
        "status": build.status,
        "started": rfc3339(build.started),
        "ended": rfc3339(build.ended) if build.ended else None,
    }


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/apps/{app}/builds",
        call=_create,
        summary="Begin to build an uploaded source",
        inputs=(_URL, _DESCRIPTION, _GIT_SHA, _MANIFEST, *_IGNORED),
        answer=shapes.Build,
    ),
    Endpoint(
        method="GET",
        path="/apps/{app}/builds",
        call=_list,
        summary="List an app's builds, the newest first",
        inputs=(LIMIT,),
        answer=list[shapes.Build],
    ),
    Endpoint(
        method="GET",
        path="/apps/{app}/builds/{build}",
        call=_get,
        summary="Show a build",
        answer=shapes.Build,
    ),
    Endpoint(
        method="GET",
        path="/apps/{app}/objects",
        call=_keys,
        summary="List the keys of an app's objects",
        inputs=(_PREFIX,),
        answer=list[str],
    ),
    Endpoint(
        method="POST",
        path="/apps/{app}/objects/{key:path}",
        call=_store,
        summary="Upload an object",
        answer=shapes.Object,
        is_upload=True,
    ),
    Endpoint(
        method="GET",
        path="/apps/{app}/objects/{key:path}",
        call=_fetch,
        summary="Download an object",
        answer=bytes,
    ),
    Endpoint(
        method="HEAD",
        path="/apps/{app}/objects/{key:path}",
        call=_exists,
        summary="See whether an object is there",
    ),
    Endpoint(
        method="DELETE",
        path="/apps/{app}/objects/{key:path}",
        call=_forget,
        summary="Delete an object",
    ),
)

SOCKETS = (
    SocketEndpoint(
        path="/apps/{app}/builds/{build}/logs",
        call=_logs,
        summary="Follow a build's log from its start",
        inputs=LOG_INPUTS,
    ),
)
