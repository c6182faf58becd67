"""``convox rack update check|hold|pin ...``: what the rack does by itself, and what it may."""

import re
import time

from convox.cli.call import Call
from convox.cli.errors import CommandError

_AHEAD = re.compile(r"(\d{1,4})([hd])")
_SECONDS = {"h": 3600, "d": 86400}
_FOREVER = "forever"


def check(call: Call) -> None:
    """Have the rack ask its feed now, and show what comes next."""
    found = call.rack.post("/system/update/check")
    feed, action = found.get("feed") or {}, found.get("next") or {}
    shown = [
        ("Version", found.get("version")),
        ("Channel", found.get("channel")),
        ("Available", found.get("available")),
        ("Feed", _feed(feed)),
        ("Next", action.get("line")),
        ("Hold", found.get("hold")),
        ("Pin", found.get("pin")),
        ("Alarm", found.get("alarm")),
    ]
    call.out.record(found, [(name, value) for name, value in shown if value])


def hold(call: Call) -> None:
    until = _until(call, call.arguments[0]) if call.arguments else _FOREVER
    if _is_past(until, call.machine.now()):
        raise CommandError(
            f"cannot hold the rack until {until}: that is past; say a later time, or none to hold"
            " it for good"
        )
    words = "for good" if until == _FOREVER else f"until {until}"
    _set(call, f"Holding the rack {words}", UpdateHold=until)


def unhold(call: Call) -> None:
    _set(call, "Letting the rack update itself again", UpdateHold="")


def pin(call: Call) -> None:
    version = call.arguments[0] if call.arguments else call.rack.get("/system")["version"]
    _set(call, f"Pinning the rack to {version}", UpdatePin=version)


def unpin(call: Call) -> None:
    _set(call, "Letting the rack go past its pin", UpdatePin="")


def _set(call: Call, words: str, **parameters: str) -> None:
    call.out.start(words)
    call.rack.put("/system", parameters=parameters)
    call.out.ok()


def _until(call: Call, text: str) -> str:
    """Return a time as the rack reads it: ``3d`` is in three days."""
    match = _AHEAD.fullmatch(text)
    if match is None:
        if not text:
            raise CommandError("cannot hold the rack: say until when, or nothing for good")
        return text
    ends = call.machine.now() + int(match[1]) * _SECONDS[match[2]]
    return time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(ends))


def _is_past(until: str, now: float) -> bool:
    """Say whether a time is over; of what is none, the rack says what is wrong with it."""
    from datetime import UTC, datetime

    try:
        ends = datetime.fromisoformat(until)
    except ValueError:
        return False
    return (ends if ends.tzinfo else ends.replace(tzinfo=UTC)).timestamp() <= now


def _feed(feed: dict[str, str]) -> str:
    if feed.get("trouble"):
        return f"{feed['trouble']} since {_minute(feed.get('since'))}: {feed.get('text')}"
    return f"verified {_minute(feed['seen'])}" if feed.get("seen") else ""


def _minute(moment: str | None) -> str:
    return f"{moment[:10]} {moment[11:16]}Z" if moment else "?"
