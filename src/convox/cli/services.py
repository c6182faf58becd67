"""``convox services|scale|restart``: the named parts of an app, and how many of each."""

from typing import Any

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.waiting import APP_GIVES_UP, until_running


def index(call: Call) -> None:
    found = call.rack.get(call.of_app("services"))
    rows = [(service.get("name"), service.get("domain"), _ports(service)) for service in found]
    call.out.table(found, ("SERVICE", "DOMAIN", "PORTS"), rows)


def restart(call: Call) -> None:
    for service in call.arguments or [service["name"] for service in _sorted(call)]:
        call.out.start(f"Restarting {service}")
        call.rack.post(call.of_app("services", service, "restart"))
        call.out.ok()


def scale(call: Call) -> None:
    sizes = {name: call.flag(name) for name in ("count", "cpu", "memory")}
    if all(size is None for size in sizes.values()):
        _show_scale(call)
        return
    if not call.arguments:
        raise CommandError("service name required")
    service = call.arguments[0]
    call.out.start(f"Scaling {service}")
    call.rack.put(call.of_app("services", service), **sizes)
    if call.flag("wait"):
        call.out.line("")
        until_running(call, call.of_app(), gives_up_at=APP_GIVES_UP)
    call.out.ok()


def _show_scale(call: Call) -> None:
    if call.arguments:
        raise CommandError("0 args required")
    services = _sorted(call)
    running: dict[str, int] = {}
    for process in call.rack.get(call.of_app("processes")):
        running[process.get("name")] = running.get(process.get("name"), 0) + 1
    rows = [
        (
            service["name"],
            service.get("count"),
            running.get(service["name"], 0),
            service.get("cpu"),
            service.get("memory"),
        )
        for service in services
    ]
    source = [{**service, "running": row[2]} for service, row in zip(services, rows, strict=True)]
    call.out.table(source, ("SERVICE", "DESIRED", "RUNNING", "CPU", "MEMORY"), rows)


def _sorted(call: Call) -> list[Any]:
    return sorted(call.rack.get(call.of_app("services")), key=lambda service: str(service["name"]))


def _ports(service: Any) -> str:
    ports = service.get("ports") or []
    return " ".join(f"{port['balancer']}:{port['container']}" for port in ports)
