"""``convox build|deploy|builds``: from a folder to a build, and to a release that is promoted."""

import os
from typing import Any

from convox.cli.archive import pack
from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.output import Output
from convox.cli.releases import promote_release
from convox.cli.words import age, elapsed

_POLL = 0.25  # seconds


def build(call: Call) -> None:
    out = call.out.to_errors() if call.flag("id") else call.out
    built = _build(call, out)
    out.line(f"Build:   {built['id']}")
    out.line(f"Release: {built.get('release', '')}")
    if call.flag("id"):
        call.out.write(built["id"])


def deploy(call: Call) -> None:
    out = call.out.to_errors() if call.flag("id") else call.out
    built = _build(call, out)
    promote_release(call, out, built["release"])
    if call.flag("id"):
        call.out.write(built["release"])


def index(call: Call) -> None:
    found = call.rack.get(call.of_app("builds"), limit=call.flag("limit"))
    now = call.machine.now()
    rows = [
        (
            build.get("id"),
            build.get("status"),
            build.get("release"),
            age(build.get("started"), now),
            elapsed(build.get("started"), build.get("ended")),
            build.get("description"),
        )
        for build in found
    ]
    call.out.table(found, ("ID", "STATUS", "RELEASE", "STARTED", "ELAPSED", "DESCRIPTION"), rows)


def info(call: Call) -> None:
    found = call.rack.get(call.of_app("builds", call.arguments[0]))
    shown = (
        ("Id", found.get("id")),
        ("Status", found.get("status")),
        ("Release", found.get("release")),
        ("Description", found.get("description")),
        ("Started", age(found.get("started"), call.machine.now())),
        ("Elapsed", elapsed(found.get("started"), found.get("ended"))),
    )
    call.out.record(found, shown)


def logs(call: Call) -> None:
    found = call.rack.get(call.of_app("builds", call.arguments[0]))
    _copy_beyond(call, call.out, call.of_app("builds", found["id"], "logs"), 0)


def _build(call: Call, out: Output) -> Any:
    directory = call.machine.path(call.arguments[0] if call.arguments else ".")
    if not call.machine.is_folder(directory):
        raise CommandError(f"cannot build {directory}: there is no such folder")
    out.start("Packaging source")
    with pack(call.machine, directory, call.flag("manifest") or "convox.yml") as packed:
        out.ok()
        out.start("Uploading source")
        key = f"tmp/{os.urandom(15).hex()}.tgz"
        stored = call.rack.upload(f"{call.of_app('objects')}/{key}", packed)
        out.ok()
    out.start("Starting build")
    sha, described = _commit(call, directory)
    begun = call.rack.post(
        call.of_app("builds"),
        url=stored.get("Url") or stored.get("url"),
        build_args=call.flag("build-args"),
        description=call.flag("description") or described,
        development=call.flag("development"),
        manifest=call.flag("manifest"),
        no_cache=call.flag("no-cache"),
        wildcard_domain=call.flag("wildcard-domain"),
        git_sha=sha,
    )
    out.ok()
    return _follow(call, out, begun["id"])


def _follow(call: Call, out: Output, build_id: str) -> Any:
    """Print the log of a build to its end and return the build.

    The log is read from its start each time, so that one that broke goes on where it stopped.
    """
    printed = 0
    while True:
        printed = _copy_beyond(call, out, call.of_app("builds", build_id, "logs"), printed)
        found = call.rack.get(call.of_app("builds", build_id))
        if found.get("status") != "running":
            break
        call.machine.sleep(_POLL)
    _copy_beyond(call, out, call.of_app("builds", build_id, "logs"), printed)
    if found.get("status") == "failed":
        raise CommandError("build failed")
    return found


def _copy_beyond(call: Call, out: Output, path: str, printed: int) -> int:
    """Print a log but for its first bytes; return how many bytes of it are printed now."""
    seen = 0
    with call.rack.stream(path) as stream:
        for piece in stream.pieces():
            out.raw(piece[max(0, printed - seen) :])
            seen += len(piece)
    return max(printed, seen)


def _commit(call: Call, directory: str) -> tuple[str | None, str | None]:
    """Return the commit that the folder is at and words for it, where nothing was changed since."""
    machine = call.machine
    if machine.variable("PROVIDER") == "test":
        return None, None
    git = ["git", "-C", directory]
    if machine.output([*git, "status", "--porcelain"]) != "":
        return None, None
    sha = machine.output([*git, "rev-parse", "HEAD"])
    words = machine.output([*git, "log", "-1", "--format=%h %s"])
    return (sha, f"build {words}") if sha and words else (None, None)
