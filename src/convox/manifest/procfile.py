"""A ``Procfile`` into a ``convox.yml``.

Each line is ``name: command``. The service ``web`` serves HTTP on the port in ``$PORT``; every
service receives the whole environment of its release.
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from convox.errors import InvalidInput

_LINE = re.compile(r"([a-z][a-z0-9-]{0,39})[ \t]*:[ \t]*(\S.*)")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def translate(text: str) -> str:
    """Return the same as a ``convox.yml``; ``InvalidInput`` names every line that is no service."""
    services: dict[str, Mapping[str, Any]] = {}
    problems = []
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        reason = "'name: command' is expected" if match is None else _objection(match[1], services)
        if match is None or reason:
            problems.append(f"Procfile:{number}:1: {reason}")
        else:
            services[match[1]] = _service(match[1], match[2])
    if not services and not problems:
        problems.append("cannot read Procfile: it names no service")
    if problems:
        raise InvalidInput("\n".join(problems))
    # Beyond ASCII, some characters written as they are would be read as the end of a line.
    return yaml.safe_dump({"services": services}, sort_keys=False, allow_unicode=False)


def _objection(name: str, services: Mapping[str, Any]) -> str:
    if name in services:
        return f"'{name}' stands here twice"
    if name == "release":
        return (
            "'release' would run for ever, not once before a release;"
            " remove it and use 'convox run'"
        )
    return ""


def _service(name: str, command: str) -> Mapping[str, Any]:
    """A variable of the command is the shell's: ``${A-}`` says so where ``${A}`` is the rack's."""
    return {
        "command": _VARIABLE.sub(r"${\1-}", command),
        **({"port": 3000} if name == "web" else {}),
        "environment": ["*"],
    }
