"""Resources of apps."""

from convox.api.endpoint import Asked, Endpoint
from convox.control.use_cases import UseCases
from convox.control.views import ResourceView
from convox.wire import shapes


async def _list(use: UseCases, asked: Asked) -> list[shapes.Resource]:
    return [_shape(resource) for resource in await use.resources.list(asked.path["app"])]


async def _get(use: UseCases, asked: Asked) -> shapes.Resource:
    return _shape(await use.resources.get(asked.path["app"], asked.path["resource"]))


def _shape(resource: ResourceView) -> shapes.Resource:
    return {
        "name": resource.name,
        "type": resource.type,
        "url": resource.url,
        "status": resource.status,
        "parameters": dict(resource.options),
    }


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/apps/{app}/resources",
        call=_list,
        summary="List an app's resources",
        answer=list[shapes.Resource],
    ),
    Endpoint(
        method="GET",
        path="/apps/{app}/resources/{resource}",
        call=_get,
        summary="Show a resource",
        answer=shapes.Resource,
    ),
)
