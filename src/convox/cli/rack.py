"""``convox rack``: one rack, and what it is made of."""

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.grammar import pairs
from convox.cli.logs import copy_log
from convox.cli.machine import is_terminal
from convox.cli.rack_update import check, latest
from convox.cli.waiting import RACK_GIVES_UP, until_running
from convox.cli.words import age

_SECRET = frozenset({"Password", "HttpProxy"})


def show(call: Call) -> None:
    system = call.rack.get("/system")
    outputs = system.get("outputs") or {}
    pairs = [("Name", system.get("name")), ("Provider", system.get("provider"))]
    if system.get("region"):
        pairs.append(("Region", system["region"]))
    if system.get("domain"):
        internal = outputs.get("DomainInternal")
        domain = system["domain"]
        both = f"{domain} (external)\n{internal} (internal)"
        pairs.append(("Router", both if internal else domain))
    pairs += [("Status", system.get("status")), ("Version", system.get("version"))]
    if outputs.get("Trouble"):
        pairs.append(("Trouble", outputs["Trouble"]))
    more = ("Available", "Update", "Next", "Hold", "Pin", "Alarm")
    pairs += [(name, system[name.lower()]) for name in more if system.get(name.lower())]
    call.out.record(system, pairs)


def wait(call: Call) -> None:
    before = latest(call)
    call.out.start("Waiting for rack")
    call.out.line("")
    until_running(call, "/system", gives_up_at=RACK_GIVES_UP)
    check(call, before)
    call.out.ok()


def releases(call: Call) -> None:
    if address := call.flag("legacy"):
        _show_legacy(call, address)
        return
    found = call.rack.get("/system/releases")
    now = call.machine.now()
    rows = [(release["id"], age(release.get("created"), now)) for release in found]
    call.out.table(found, ("VERSION", "UPDATED"), rows)


def _show_legacy(call: Call, address: str) -> None:
    found = call.rack.get("/system/legacy", address=address)
    call.out.notice(found["unsigned"])
    rows = [
        (
            release["version"],
            "yes" if release["published"] else "no",
            "yes" if release["required"] else "no",
            release["description"],
        )
        for release in found["releases"]
    ]
    call.out.table(found, ("VERSION", "PUBLISHED", "REQUIRED", "DESCRIPTION"), rows)


def processes(call: Call) -> None:
    found = call.rack.get("/system/processes", all=call.flag("all"))
    now = call.machine.now()
    columns = ("ID", "APP", "SERVICE", "STATUS", "RELEASE", "STARTED", "COMMAND")
    rows = [
        (
            process.get("id"),
            process.get("app"),
            process.get("name"),
            process.get("status"),
            process.get("release"),
            age(process.get("started"), now),
            process.get("command"),
        )
        for process in found
    ]
    call.out.table(found, columns, rows)


def logs(call: Call) -> None:
    copy_log(call, "/system/logs")


def parameters(call: Call) -> None:
    found = call.rack.get("/system").get("parameters") or {}
    masks = is_terminal(call.machine.stdout) and not call.flag("reveal")
    shown = {
        key: "**********" if masks and value and key in _SECRET else value
        for key, value in sorted(found.items())
    }
    call.out.record(shown, shown.items())


def set_parameters(call: Call) -> None:
    given = pairs(call.arguments)
    call.out.start("Updating parameters")
    call.rack.put("/system", parameters=given)
    _settle(call)


def scale(call: Call) -> None:
    count, kind = call.flag("count"), call.flag("type")
    if count is None and kind is None:
        _show_scale(call)
        return
    if count is not None and count < 1:
        raise CommandError("cannot scale the rack below one instance: give a count of 1 or more")
    call.out.start("Scaling rack")
    call.rack.put("/system", count=count, type=kind)
    _settle(call)


def _show_scale(call: Call) -> None:
    system = call.rack.get("/system")
    shown = {
        "Autoscale": (system.get("parameters") or {}).get("Autoscale", "No"),
        "Count": system.get("count"),
        "Status": system.get("status"),
        "Type": system.get("type"),
    }
    call.out.record(shown, shown.items())


def _settle(call: Call) -> None:
    if call.flag("wait"):
        call.out.line("")
        until_running(call, "/system", gives_up_at=RACK_GIVES_UP)
    call.out.ok()
