"""``convox rack update``: ask for an update, see its plan, watch it to its end.

The rack plans and decides. What is asked for and what is done first may differ, when a required
release lies between; the rack says so and it is passed on.
"""

from typing import Any

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.rack_bundle import bring
from convox.cli.waiting import POLL, Narration
from convox.client.errors import Answered, ClientError

_PATH = "/system/update"
_ACTIVE = frozenset({"updating", "paused", "rollback"})
_MISSED = frozenset({"undone", "failed"})
_CLOSE = 0.7
_SILENCE = 180.0  # seconds without an answer that are borne: the API itself moves in an update


def update(call: Call) -> None:
    version = call.arguments[0] if call.arguments else None
    if address := call.flag("legacy"):
        _show_legacy(call, address, version)
        return
    if version:
        _refuse_command(version)
    results = call.out
    if results.as_json:
        call.out = results.to_errors()
    brought = bring(call)
    version = version or (brought and brought["target"])
    if call.flag("plan"):
        call.out = results
        plan = call.rack.get(f"{_PATH}/plan", version=version, through=_goes_through(call))
        show_plan(call, plan)
        return
    begun = _carry_out(call, version)
    if results.as_json:
        results.json(latest(call) if call.flag("wait") else begun)


def _refuse_command(version: str) -> None:
    """Refuse what was to be a command and is mistyped."""
    from difflib import get_close_matches

    from convox.cli.table import COMMANDS

    name = "rack update"
    words = [each.removeprefix(name).strip() for each in COMMANDS if each.startswith(name)]
    close = get_close_matches(version, words, n=1, cutoff=_CLOSE)
    if version.isalpha() and close:
        raise CommandError(
            f"no such command: {name} {version}; did you mean `convox {name} {close[0]}`?"
        )


def _carry_out(call: Call, version: str | None) -> Any:
    """Begin an update, and watch it where that was asked for; return how it began."""
    begun = _begin(call, version)
    if version and begun.get("reason"):
        call.out.line(begun["reason"])
    for text in begun.get("ahead", []):
        call.out.notice(text)
    target = begun.get("version") or begun.get("target")
    call.out.start(f"Updating to {target}")
    if call.flag("wait"):
        watch(call, begun["id"], target)
    else:
        call.out.line("UPDATING")
    return begun


def show_plan(call: Call, plan: Any) -> None:
    if call.out.as_json:
        call.out.json(plan)
        return
    for line in plan.get("lines") or []:
        call.out.line(line)


def _show_legacy(call: Call, address: str, version: str | None) -> None:
    """Show how an unsigned list would lead on; nothing is done by one."""
    if not call.flag("plan"):
        raise CommandError(
            f"cannot update by {address}: it is not signed; see what it says with --plan"
        )
    found = call.rack.get("/system/legacy", address=address, version=version)
    call.out.notice(found["unsigned"])
    if call.out.as_json:
        call.out.json(found)
        return
    for line in found["lines"]:
        call.out.line(line)


def _begin(call: Call, version: str | None) -> Any:
    try:
        return call.rack.post(
            _PATH,
            version=version,
            through=_goes_through(call),
            plan=call.flag("approve"),
            yes=call.flag("yes"),
        )
    except Answered:
        if version:
            call.out.start(f"Updating to {version}")
        raise


def _goes_through(call: Call) -> Any:
    """A bundle holds the whole way, so that is what is asked for with one."""
    return True if call.flag("bundle") else call.flag("through")


def watch(call: Call, update_id: str, version: str) -> None:
    """Show what the rack does until the update has ended; ``CommandError`` unless ``version`` runs.

    The control plane is itself replaced meanwhile, so an answer may be long in coming.
    """
    call.out.line("")
    with Narration(call, "/system/logs") as narration:
        silent_since = call.machine.monotonic()
        while True:
            narration.show(POLL)
            try:
                seen = call.rack.get(_PATH)
                running = call.rack.get("/system").get("version")
            except ClientError:
                if call.machine.monotonic() - silent_since > _SILENCE:
                    raise
                continue
            silent_since = call.machine.monotonic()
            is_ours = seen.get("id") == update_id
            if not is_ours or seen.get("state") not in _ACTIVE:
                break
            call.out.live(_progress(seen))
        narration.show(POLL)
    if running != version:
        raise CommandError(_failure(seen if is_ours else {}, version, running))
    call.out.ok()


def latest(call: Call) -> Any:
    """Return the latest update, whatever became of it; empty where there was none to be had."""
    try:
        return call.rack.get(_PATH)
    except ClientError:
        return {}


def check(call: Call, before: Any) -> None:
    """Say what became of the latest update, ``before`` being what was known of it.

    ``CommandError`` where it was under way then and did not reach its target.
    """
    after = latest(call)
    if after.get("state") not in _MISSED:
        return
    text = _failure(after, after["target"], call.rack.get("/system").get("version"))
    if after.get("id") == before.get("id") and before.get("state") in _MISSED:
        call.out.notice(text)
    else:
        raise CommandError(text)


def _progress(update: Any) -> str:
    """Return where an update stands, and how long it should still take."""
    left = update.get("left")
    takes = f"; {left['low']:.0f} to {left['high']:.0f} s left" if left else ""
    return f"{update.get('line', '')}{takes}"


def _failure(update: Any, target: str, running: str) -> str:
    state, cause = update.get("state", "ended"), update.get("cause")
    text = f"update to {target} {state}: {running} is running"
    return f"{text}; {cause}" if cause else text
