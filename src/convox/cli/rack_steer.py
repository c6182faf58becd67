"""``convox rack update ...``: look at the update under way, and pause, turn or undo it."""

from collections.abc import Mapping, Sequence
from typing import Any

from convox.cli.apps import gain
from convox.cli.call import Call
from convox.cli.rack_update import latest, show_plan, watch

_PATH = "/system/update"


def status(call: Call) -> None:
    """Show the latest update, whatever became of it."""
    update = call.rack.get(_PATH)
    left = update.get("left")
    shown = [
        ("Id", update.get("id")),
        ("Update", f"{update.get('origin')} to {update.get('target')}"),
        ("State", update.get("state")),
        ("Step", update.get("step")),
        ("Waits", update.get("waits_for")),
        ("Left", f"{left['low']:.0f} to {left['high']:.0f} s" if left else ""),
        ("Cause", update.get("cause")),
        ("Remedy", update.get("remedy")),
        ("Asked", update.get("asked_by")),
        ("Started", update.get("created")),
        ("Ended", update.get("ended")),
        ("Redeploy", _gains(update.get("redeploy") or {})),
    ]
    call.out.record(update, [(name, value) for name, value in shown if value])


def _gains(by_app: Mapping[str, Sequence[Mapping[str, str]]]) -> str:
    told = [f"{app} {gain(each)}" for app, gained in by_app.items() for each in gained]
    return "\n".join(told)


def pause(call: Call) -> None:
    call.out.start("Pausing the update")
    call.rack.post(f"{_PATH}/pause")
    call.out.ok()


def resume(call: Call) -> None:
    call.out.start("Resuming the update")
    update = call.rack.post(f"{_PATH}/resume")
    _settle(call, update, update["target"])


def cancel(call: Call) -> None:
    call.out.start("Turning the update back")
    update = call.rack.post(f"{_PATH}/cancel")
    _settle(call, update, update["returns_to"])


def undo(call: Call) -> None:
    if call.flag("plan"):
        show_plan(call, call.rack.get(f"{_PATH}/undo"))
        return
    results = call.out
    if results.as_json:
        call.out = results.to_errors()
    call.out.start("Undoing the update")
    update = call.rack.post(f"{_PATH}/undo", plan=call.flag("approve"), yes=call.flag("yes"))
    turned = update.get("state") == "rollback"
    _settle(call, update, update["returns_to"] if turned else update["target"])
    if results.as_json:
        results.json(latest(call) if call.flag("wait") else update)


def acknowledge(call: Call) -> None:
    call.out.start("Acknowledging the last update")
    call.rack.post(f"{_PATH}/acknowledge")
    call.out.ok()


def _settle(call: Call, update: Any, version: str) -> None:
    if call.flag("wait"):
        watch(call, update["id"], version)
    else:
        call.out.ok()
