"""A ``Procfile`` into a manifest.

Each line is ``name: command``. The service ``web`` serves HTTP on the port in ``$PORT``; every
service receives the whole environment of its release.
"""

import re

from convox.errors import InvalidInput
from convox.manifest.types import Manifest, Port, Service

_LINE = re.compile(r"([a-z][a-z0-9-]{0,39})[ \t]*:[ \t]*(\S.*)")
_PORT = Port(number=3000)


def parse_procfile(text: str) -> Manifest:
    """Return the services; ``InvalidInput`` names every line that is none."""
    services: dict[str, Service] = {}
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
    return Manifest(services=services)


def _objection(name: str, services: dict[str, Service]) -> str:
    if name in services:
        return f"'{name}' stands here twice"
    if name == "release":
        return (
            "'release' would run for ever, not once before a release;"
            " remove it and use 'convox run'"
        )
    return ""


def _service(name: str, command: str) -> Service:
    return Service(
        name=name,
        command=("sh", "-c", command),
        port=_PORT if name == "web" else None,
        environment={"*": None},
    )
