"""``convox notifications``: who is told of updates without looking, and what came of it."""

from typing import Any

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.unseen import unseen
from convox.cli.words import age
from convox.client.percent import path

_PATH = "/system/notifications"
_ALL = "all"


def index(call: Call) -> None:
    found = call.rack.get(_PATH)
    now = call.machine.now()
    rows = [
        (
            receiver.get("name"),
            receiver.get("form"),
            receiver.get("address"),
            ", ".join(receiver.get("kinds") or [_ALL]),
            _latest(receiver.get("latest") or {}, now),
        )
        for receiver in found
    ]
    call.out.table(found, ("NAME", "FORM", "ADDRESS", "KINDS", "LATEST"), rows)


def add_webhook(call: Call) -> None:
    """Show a secret that the rack made: the receiver needs it, and nobody is shown it again."""
    made = _add(call, "webhook", "secret")
    if not call.flag("secret"):
        call.out.line(f"Secret, not shown again: {made['secret']}")


def add_chat(call: Call) -> None:
    _add(call, "chat")


def add_mail(call: Call) -> None:
    _add(call, "mail", "server")


def remove(call: Call) -> None:
    call.out.start("Removing receiver")
    call.rack.delete(path("system", "notifications", call.arguments[0]))
    call.out.ok()


def test(call: Call) -> int:
    """Send a test; fail where it does not arrive."""
    name = call.arguments[0]
    results = call.out
    if results.as_json:
        call.out = results.to_errors()
    call.out.start(f"Testing {name}")
    made = call.rack.post(path("system", "notifications", name, "test"))
    if results.as_json:
        results.json(made)
    if made.get("error"):
        raise CommandError(
            f"cannot tell {name}: {made['error']}; mend that, or add it anew with what it takes"
        )
    call.out.ok(str(made.get("status") or ""))
    return 0


def deliveries(call: Call) -> None:
    found = call.rack.get(f"{_PATH}/deliveries", limit=call.flag("limit"))
    now = call.machine.now()
    columns = ("WHEN", "RECEIVER", "KIND", "VERSION", "RESULT", "STATUS", "NEXT", "ERROR")
    rows = [
        (
            age(made.get("time"), now),
            made.get("receiver"),
            made.get("kind"),
            made.get("version"),
            made.get("result"),
            made.get("status"),
            _to_the_second(made.get("due") or ""),
            made.get("error"),
        )
        for made in found
    ]
    call.out.table(found, columns, rows)


def _add(call: Call, form: str, hidden: str = "") -> Any:
    """Add a receiver; ``hidden`` is the flag that holds what nobody else is to see."""
    kinds = call.flag("kind")
    address = unseen(call, call.arguments[0], "address")
    more = {hidden: unseen(call, call.flag(hidden), hidden)} if hidden else {}
    call.out.start("Adding receiver")
    made = call.rack.post(
        _PATH,
        form=form,
        address=address,
        name=call.flag("name"),
        kinds=",".join(kinds) if kinds else None,
        **more,
    )
    call.out.ok(f"{made['name']}; try it with `convox notifications test {made['name']}`")
    return made


def _latest(made: dict[str, Any], now: float) -> str:
    if not made:
        return ""
    told = f"{made.get('kind')} {made.get('result')} {age(made.get('time'), now)}"
    return f"{told}: {made['error']}" if made.get("error") else told


def _to_the_second(time: str) -> str:
    return f"{time[:19]}Z" if time else ""
