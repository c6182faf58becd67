"""``convox version`` and ``convox api``."""

from convox import __version__
from convox.cli.call import Call
from convox.cli.selection import default_host, known_hosts


def show(call: Call) -> None:
    if call.out.as_json:
        server, host = _server(call)
        call.out.json({"client": __version__, "server": server, "host": host})
        return
    call.out.line(f"client: {__version__}")  # this much is known also where no rack answers
    server, host = _server(call)
    call.out.line(f"server: {server}" + (f" ({host})" if host else ""))


def get(call: Call) -> None:
    target = call.arguments[0]
    call.out.json(call.rack.get(target if target.startswith("/") else f"/{target}"))


def _server(call: Call) -> tuple[str, str]:
    """Return the version and the host of the rack, where we know one."""
    machine = call.machine
    known = machine.variable("RACK_URL") or default_host(call.settings, machine)
    if not known and not known_hosts(call.settings):
        return "none", ""
    version = str(call.rack.get("/system").get("version"))
    return version, call.rack.endpoint.host
