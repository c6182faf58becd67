"""``convox apps``."""

from collections.abc import Mapping

from convox.cli.call import Call
from convox.cli.grammar import pairs
from convox.cli.waiting import APP_GIVES_UP, until_gone, until_running
from convox.client.percent import path


def index(call: Call) -> None:
    found = call.rack.get("/apps")
    rows = [(app.get("name"), app.get("status"), app.get("release")) for app in found]
    call.out.table(found, ("APP", "STATUS", "RELEASE"), rows)


def create(call: Call) -> None:
    name = call.named_app
    call.out.start(f"Creating {name}")
    call.rack.post("/apps", name=name, generation=call.flag("generation"))
    if call.flag("wait"):
        call.out.line("")
        until_running(call, path("apps", name), gives_up_at=APP_GIVES_UP)
    call.out.ok()


def delete(call: Call) -> None:
    name = call.arguments[0]
    call.out.start(f"Deleting {name}")
    call.rack.delete(path("apps", name))
    if call.flag("wait"):
        until_gone(call, path("apps", name))
    call.out.ok()


def info(call: Call) -> None:
    app = call.rack.get(path("apps", call.named_app))
    shown = [
        ("Name", app.get("name")),
        ("Status", app.get("status")),
        ("Generation", app.get("generation")),
        ("Locked", str(bool(app.get("locked"))).lower()),
        ("Release", app.get("release")),
    ]
    if app.get("router"):
        shown.append(("Router", app["router"]))
    if app.get("redeploy"):
        shown.append(("Redeploy", "\n".join(map(gain, app["redeploy"]))))
    call.out.record(app, shown)


def gain(told: Mapping[str, str]) -> str:
    """Return what an app gains by being deployed again, in a line."""
    return f"for {told.get('feature')}: {told.get('reason')}"


def cancel(call: Call) -> None:
    name = call.named_app
    call.out.line(f"Cancelling deployment of {name}...")
    call.rack.post(path("apps", name, "cancel"))
    call.out.start("Rewriting last active release")
    active = call.rack.get(path("apps", name)).get("release")
    if active:  # so that what comes next builds on what runs, not on what was cancelled
        release = call.rack.get(path("apps", name, "releases", active))
        kept = {key: release.get(key) for key in ("build", "description", "env")}
        call.rack.post(path("apps", name, "releases"), **kept)
    if call.flag("wait"):
        call.out.line("")
        until_running(call, path("apps", name), gives_up_at={})
    call.out.ok()


def lock(call: Call) -> None:
    _set_lock(call, "Locking", "true")


def unlock(call: Call) -> None:
    _set_lock(call, "Unlocking", "false")


def wait(call: Call) -> None:
    call.out.start("Waiting for app")
    call.out.line("")
    until_running(call, path("apps", call.named_app), gives_up_at=APP_GIVES_UP)
    call.out.ok()


def parameters(call: Call) -> None:
    found = call.rack.get(path("apps", call.named_app)).get("parameters") or {}
    call.out.record(found, sorted(found.items()))


def set_parameters(call: Call) -> None:
    given = pairs(call.arguments)
    call.out.start("Updating parameters")
    call.rack.put(call.of_app(), parameters=given)
    if call.flag("wait"):
        call.out.line("")
        until_running(call, call.of_app(), gives_up_at=APP_GIVES_UP)
    call.out.ok()


def _set_lock(call: Call, doing: str, value: str) -> None:
    name = call.named_app
    call.out.start(f"{doing} {name}")
    call.rack.put(path("apps", name), lock=value)
    call.out.ok()
