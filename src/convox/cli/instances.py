"""``convox instances``: the machines that processes run on."""

from convox.cli.call import Call
from convox.cli.words import age, percent
from convox.client.percent import path


def index(call: Call) -> None:
    found = call.rack.get("/instances")
    now = call.machine.now()
    columns = ("ID", "STATUS", "STARTED", "PS", "CPU", "MEM", "PUBLIC", "PRIVATE")
    rows = [
        (
            instance.get("id"),
            instance.get("status"),
            age(instance.get("started"), now),
            instance.get("processes"),
            percent(instance.get("cpu") or 0),
            percent(instance.get("memory") or 0),
            instance.get("public-ip"),
            instance.get("private-ip"),
        )
        for instance in found
    ]
    call.out.table(found, columns, rows)


def cordon(call: Call) -> None:
    call.out.start("Cordoning instance")
    call.rack.post(path("instances", call.arguments[0], "cordon"))
    call.out.ok()


def uncordon(call: Call) -> None:
    call.out.start("Uncordoning instance")
    call.rack.delete(path("instances", call.arguments[0], "cordon"))
    call.out.ok()


def terminate(call: Call) -> None:
    call.out.start("Terminating instance")
    call.rack.delete(path("instances", call.arguments[0]))
    call.out.ok()
