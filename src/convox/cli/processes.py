"""``convox ps``: the processes of an app."""

from convox.cli.call import Call
from convox.cli.words import age


def index(call: Call) -> None:
    found = call.rack.get(
        call.of_app("processes"), release=call.flag("release"), service=call.flag("service")
    )
    now = call.machine.now()
    rows = [
        (
            process.get("id"),
            process.get("name"),
            process.get("status"),
            process.get("release"),
            age(process.get("started"), now),
            process.get("command"),
        )
        for process in found
    ]
    call.out.table(found, ("ID", "SERVICE", "STATUS", "RELEASE", "STARTED", "COMMAND"), rows)


def info(call: Call) -> None:
    process = call.rack.get(call.of_app("processes", call.arguments[0]))
    shown = (
        ("Id", process.get("id")),
        ("App", process.get("app")),
        ("Command", process.get("command")),
        ("Instance", process.get("instance")),
        ("Release", process.get("release")),
        ("Service", process.get("name")),
        ("Started", age(process.get("started"), call.machine.now())),
        ("Status", process.get("status")),
    )
    call.out.record(process, shown)


def stop(call: Call) -> None:
    process = call.arguments[0]
    call.out.start(f"Stopping {process}")
    call.rack.delete(call.of_app("processes", process))
    call.out.ok()
