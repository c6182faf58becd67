"""How a service is reached, and found healthy."""

import re

from convox.manifest.section import Keys, Section, is_text
from convox.manifest.types import Health, Port

_PORT = Keys(known=frozenset({"port", "scheme"}))
_HEALTH = Keys(known=frozenset({"path", "interval", "timeout", "grace"}))
_TEXT = re.compile(r"((?P<scheme>[a-z-]+):)?(?P<number>[0-9]{1,5})")
_LONGEST = 3600  # seconds


def read_port(section: Section) -> Port | None:
    """Read ``3000``, ``https:3000`` or ``{port: 3000, scheme: https}``."""
    node = section.values.get("port")
    if node is None:
        return None
    if section.is_mapping("port"):
        inner = section.section("port", _PORT)
        if "port" not in inner.values:
            section.wrong("port", "given with a 'port'")
        number = inner.number("port", 1, 1, 65535)
        return _port(inner, "scheme", inner.text("scheme", "http"), number)
    match = _TEXT.fullmatch(node.value) if is_text(node) else None
    if match is None or not 1 <= int(match["number"]) <= 65535:
        section.wrong("port", "a number from 1 to 65535, or one after 'http:' or 'https:'")
        return None
    return _port(section, "port", match["scheme"] or "http", int(match["number"]))


def _port(section: Section, key: str, scheme: str, number: int) -> Port:
    if scheme not in {"http", "https"}:
        section.wrong(key, "http or https, which is what the router of this rack speaks")
    return Port(number=number, scheme=scheme)


def read_health(section: Section) -> Health:
    """Read a path or ``{path, interval, timeout, grace}``; times in seconds."""
    if section.is_mapping("health"):
        inner, path = section.section("health", _HEALTH), "path"
    else:
        inner, path = section, "health"
    if not inner.text(path, "/").startswith("/"):
        inner.wrong(path, "a path that begins with '/'")
    if inner is section:
        return Health(path=inner.text(path, "/"))
    interval = inner.number("interval", 5, 1, _LONGEST)
    return Health(
        path=inner.text("path", "/"),
        interval=interval,
        timeout=inner.number("timeout", max(1, interval - 1), 1, _LONGEST),
        grace=inner.number("grace", interval, 0, _LONGEST),
    )
