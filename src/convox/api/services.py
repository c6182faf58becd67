"""Services of apps."""

from convox.api.encoding import integer
from convox.api.endpoint import Asked, Endpoint, Input, Place
from convox.control.use_cases import UseCases
from convox.control.views import ServiceView
from convox.wire import shapes

_COUNT = Input(name="count", place=Place.FORM, parse=integer, summary="how many processes")
_CPU = Input(name="cpu", place=Place.FORM, parse=integer, summary="in 1/1024")
_MEMORY = Input(name="memory", place=Place.FORM, parse=integer, summary="in MiB")


async def _list(use: UseCases, asked: Asked) -> list[shapes.Service]:
    return [_shape(service) for service in use.scaling.list(asked.path["app"])]


async def _update(use: UseCases, asked: Asked) -> None:
    app, service = asked.path["app"], asked.path["service"]
    count, cpu, memory = asked.get(_COUNT), asked.get(_CPU), asked.get(_MEMORY)
    use.scaling.update(app, service, count=count, cpu=cpu, memory=memory)


async def _restart(use: UseCases, asked: Asked) -> None:
    use.scaling.restart(asked.path["app"], asked.path["service"])


def _shape(service: ServiceView) -> shapes.Service:
    return {
        "name": service.name,
        "count": service.count,
        "cpu": service.cpu,
        "memory": service.memory,
        "domain": service.domain,
        "ports": [
            {"balancer": port, "certificate": "", "container": service.port or 0}
            for port in service.balancer_ports
        ],
    }


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/apps/{app}/services",
        call=_list,
        summary="List an app's services",
        answer=list[shapes.Service],
    ),
    Endpoint(
        method="PUT",
        path="/apps/{app}/services/{service}",
        call=_update,
        summary="Scale a service",
        inputs=(_COUNT, _CPU, _MEMORY),
    ),
    Endpoint(
        method="POST",
        path="/apps/{app}/services/{service}/restart",
        call=_restart,
        summary="Replace every process of a service",
    ),
)
