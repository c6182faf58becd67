"""Processes of apps."""

from convox.api.encoding import mapping, rfc3339, text
from convox.api.endpoint import Asked, Endpoint, Input, Place, SocketEndpoint
from convox.api.reading import TERMINAL_INPUTS, terminal
from convox.api.sockets import Stream
from convox.control.use_cases import UseCases
from convox.control.views import ProcessView
from convox.wire import shapes


def _header(name: str, summary: str) -> Input[str]:
    return Input(name=name, place=Place.HEADER, parse=text, summary=summary)


_RELEASE = Input(name="release", place=Place.QUERY, parse=text, summary="only of this release")
_SERVICE = Input(name="service", place=Place.QUERY, parse=text, summary="only of this service")
_COMMAND = _header("Command", "for a shell; the service's own if absent")
_OF_RELEASE = _header("Release", "the one in effect if absent")
_ENVIRONMENT = Input(
    name="Environment", place=Place.HEADER, parse=mapping, summary="variables of this run alone"
)
_IGNORED = tuple(
    _header(name, "accepted; means nothing here")
    for name in ("Entrypoint", "Height", "Image", "Memory", "Volumes", "Width")
)


async def _list(use: UseCases, asked: Asked) -> list[shapes.Process]:
    found = await use.processes.list(
        asked.path["app"],
        release=asked.get(_RELEASE) or None,
        service=asked.get(_SERVICE) or None,
    )
    return [shape(process) for process in found]


async def _get(use: UseCases, asked: Asked) -> shapes.Process:
    return shape(await use.processes.get(asked.path["app"], asked.path["process"]))


async def _run(use: UseCases, asked: Asked) -> shapes.Process:
    return shape(
        await use.processes.run(
            asked.path["app"],
            asked.path["service"],
            asked.get(_COMMAND) or None,
            release=asked.get(_OF_RELEASE) or None,
            variables=asked.get(_ENVIRONMENT) or {},
        )
    )


async def _stop(use: UseCases, asked: Asked) -> None:
    await use.processes.stop(asked.path["app"], asked.path["process"])


async def _execute(use: UseCases, asked: Asked, stream: Stream) -> int:
    app, process, command = asked.path["app"], asked.path["process"], asked.get(_COMMAND) or ""
    return await use.processes.execute(app, process, command, stream, terminal=terminal(asked))


def shape(process: ProcessView) -> shapes.Process:
    """Return a process as JSON has it."""
    host, _, port = (process.address or "").rpartition(":")
    return {
        "id": process.id,
        "app": process.app,
        "command": process.command,
        "cpu": process.cpu,
        "host": host,
        "image": "",
        "instance": process.instance,
        "memory": process.memory,
        "name": process.service,
        "ports": [f"{port}:{port}"] if port else [],
        "release": process.release,
        "started": rfc3339(process.started) if process.started else None,
        "status": process.status,
    }


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/apps/{app}/processes",
        call=_list,
        summary="List an app's processes",
        inputs=(_RELEASE, _SERVICE),
        answer=list[shapes.Process],
    ),
    Endpoint(
        method="GET",
        path="/apps/{app}/processes/{process}",
        call=_get,
        summary="Show a process",
        answer=shapes.Process,
    ),
    Endpoint(
        method="DELETE",
        path="/apps/{app}/processes/{process}",
        call=_stop,
        summary="Stop a process; a service gets another",
    ),
    Endpoint(
        method="POST",
        path="/apps/{app}/services/{service}/processes",
        call=_run,
        summary="Start a process that runs to its own end",
        inputs=(_COMMAND, _OF_RELEASE, _ENVIRONMENT, *_IGNORED),
        answer=shapes.Process,
    ),
)

SOCKETS = (
    SocketEndpoint(
        path="/apps/{app}/processes/{process}/exec",
        call=_execute,
        summary="Run a command beside a process",
        inputs=(_COMMAND, *TERMINAL_INPUTS),
        has_status=True,
    ),
)
