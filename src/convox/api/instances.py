"""Instances."""

from convox.api.encoding import rfc3339
from convox.api.endpoint import Asked, Endpoint
from convox.control.use_cases import UseCases
from convox.control.views import InstanceView
from convox.wire import shapes


async def _list(use: UseCases, asked: Asked) -> list[shapes.Instance]:
    return [_shape(instance) for instance in await use.instances.list()]


async def _terminate(use: UseCases, asked: Asked) -> None:
    use.instances.terminate(asked.path["instance"], asked_by=asked.who)


async def _cordon(use: UseCases, asked: Asked) -> None:
    use.instances.cordon(asked.path["instance"], asked_by=asked.who)


async def _uncordon(use: UseCases, asked: Asked) -> None:
    use.instances.uncordon(asked.path["instance"], asked_by=asked.who)


def _shape(instance: InstanceView) -> shapes.Instance:
    return {
        "id": instance.id,
        "agent": True,
        "cpu": instance.cpu,
        "memory": instance.memory,
        "private-ip": instance.address,
        "processes": instance.processes,
        "public-ip": "",
        "started": rfc3339(instance.started),
        "status": instance.status,
    }


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/instances",
        call=_list,
        summary="List instances",
        answer=list[shapes.Instance],
    ),
    Endpoint(
        method="DELETE",
        path="/instances/{instance}",
        call=_terminate,
        summary="Let an instance go; its processes move first",
    ),
    Endpoint(
        method="POST",
        path="/instances/{instance}/cordon",
        call=_cordon,
        summary="Have no process placed on an instance",
    ),
    Endpoint(
        method="DELETE",
        path="/instances/{instance}/cordon",
        call=_uncordon,
        summary="Let processes be placed on an instance again",
    ),
)
