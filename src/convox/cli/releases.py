"""``convox releases``: what was built, with which environment, and which of it is wanted."""

from typing import Any

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.output import Output
from convox.cli.waiting import APP_GIVES_UP, TAKEN_BACK, until_running
from convox.cli.words import age, moment


def index(call: Call) -> None:
    active = call.rack.get(call.of_app()).get("release")
    found = call.rack.get(call.of_app("releases"), limit=call.flag("limit"))
    now = call.machine.now()
    rows = [
        (
            release.get("id"),
            "active" if release.get("id") == active else "",
            release.get("build"),
            age(release.get("created"), now),
            release.get("description"),
        )
        for release in found
    ]
    call.out.table(found, ("ID", "STATUS", "BUILD", "CREATED", "DESCRIPTION"), rows)


def info(call: Call) -> None:
    release = call.rack.get(call.of_app("releases", call.arguments[0]))
    created = moment(release.get("created"))
    shown = (
        ("Id", release.get("id")),
        ("Build", release.get("build")),
        ("Created", f"{created:%Y-%m-%dT%H:%M:%SZ}" if created else ""),
        ("Description", release.get("description")),
        ("Env", release.get("env")),
    )
    call.out.record(release, shown)


def manifest(call: Call) -> None:
    release = call.rack.get(call.of_app("releases", call.arguments[0]))
    if not release.get("build"):
        raise CommandError(f"no build for release: {release.get('id')}")
    build = call.rack.get(call.of_app("builds", release["build"]))
    call.out.value((build.get("manifest") or "").strip())


def promote(call: Call) -> None:
    chosen = call.arguments[0] if call.arguments else newest(call).get("id")
    if not chosen:
        raise CommandError("no releases to promote")
    promote_release(call, call.out, chosen)


def rollback(call: Call) -> None:
    out = call.out.to_errors() if call.flag("id") else call.out
    old = call.arguments[0]
    out.start(f"Rolling back to {old}")
    release = call.rack.get(call.of_app("releases", old))
    created = call.rack.post(
        call.of_app("releases"), build=release.get("build"), env=release.get("env")
    )
    out.ok(created["id"])
    promote_release(call, out, created["id"])
    if call.flag("id"):
        call.out.write(created["id"])


def newest(call: Call) -> Any:
    """Return the app's newest release as the list has it; empty where there is none."""
    found = call.rack.get(call.of_app("releases"), limit=1)
    return found[0] if found else {}


def promote_release(call: Call, out: Output, release: str) -> None:
    """Promote a release once the app is at rest; with ``--wait`` see it through."""
    if call.rack.get(call.of_app()).get("status") != "running":
        out.start("Waiting for app to be ready")
        until_running(call, call.of_app(), gives_up_at={})
        out.ok()
    out.start(f"Promoting {release}")
    call.rack.post(call.of_app("releases", release, "promote"))
    if call.flag("wait"):
        out.line("")
        until_running(call, call.of_app(), gives_up_at=APP_GIVES_UP)
        if call.rack.get(call.of_app()).get("release") != release:
            raise CommandError(f"rollback: {TAKEN_BACK}")
    out.ok()
