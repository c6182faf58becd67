"""``convox rack audit``: the rack's history, and whether somebody edited it."""

from convox.cli.call import Call

_PATH = "/system/audit"


def show(call: Call) -> None:
    found = call.rack.get(
        _PATH, since=call.flag("since"), kind=call.flag("kind"), limit=call.flag("limit")
    )
    columns = ("NUMBER", "TIME", "KIND", "WHO", "WHAT")
    rows = [
        (
            entry.get("number"),
            _to_the_second(entry.get("time") or ""),
            entry.get("kind"),
            entry.get("who"),
            " ".join((entry.get("text") or "").split()),
        )
        for entry in found
    ]
    call.out.table(found, columns, rows)


def verify(call: Call) -> int:
    """Print what is wrong, a line each, and fail; else the head, for whoever wants to keep it."""
    verdict = call.rack.get(f"{_PATH}/verify", head=call.flag("head"))
    findings = verdict.get("findings") or []
    if call.out.as_json:
        call.out.json(verdict)
    elif not findings:
        call.out.ok(f"{verdict.get('entries')} entries, head {verdict.get('head')}")
    else:
        for finding in findings:
            call.out.line(f"{finding.get('fault')}: {finding.get('text')}")
    return 1 if findings else 0


def _to_the_second(time: str) -> str:
    """Return a time of the API as it is, not as an age: entries are held against other logs."""
    return f"{time[:19]}Z" if time else ""
