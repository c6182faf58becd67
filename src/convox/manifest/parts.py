"""Resources and timers of the document, and the rule for names."""

import re

import yaml

from convox.manifest.problems import Problems
from convox.manifest.section import Keys, Section, open_section
from convox.manifest.types import Resource, Timer

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_RESOURCE = Keys(known=frozenset({"type", "options"}), ignored=frozenset({"tags"}))
_TIMER = Keys(
    known=frozenset({"schedule", "command", "service"}),
    ignored=frozenset({"concurrency", "parallelCount"}),
    refused={"policies": "there is no cloud whose rights could be given"},
)
_SCHEDULE = re.compile(r"[0-9A-Za-z*/,?#-]+( +[0-9A-Za-z*/,?#-]+){4,5}")


def check_name(name: str, node: yaml.Node, problems: Problems) -> None:
    """Remember a problem unless the name can be part of a host name and of a directory's."""
    if not _NAME.fullmatch(name):
        rule = "lower-case letters, digits and hyphens, beginning with a letter, at most 40"
        problems.add(node, f"'{name}' cannot be a name: use {rule}")


def read_resource(resources: Section, name: str) -> Resource:
    """Read one resource; whether its type is one the rack can run is not known here."""
    where = f"resource '{name}'"
    section = open_section(resources.values[name], where, _RESOURCE, resources.problems)
    if "type" not in section.values:
        resources.problems.add(resources.names[name], f"{where} needs a type")
    options = section.section("options", None)
    return Resource(
        name=name,
        type=section.text("type"),
        options={key: options.text(key) for key in options.names},
    )


def read_timer(timers: Section, name: str) -> Timer:
    """Read one timer."""
    where = f"timer '{name}'"
    section = open_section(timers.values[name], where, _TIMER, timers.problems)
    for key in ("schedule", "command", "service"):
        if key not in section.values:
            timers.problems.add(timers.names[name], f"{where} needs a {key}")
    schedule = section.text("schedule")
    if schedule and not _SCHEDULE.fullmatch(schedule.strip()):
        section.wrong("schedule", "five fields of cron, or six with a year")
    return Timer(
        name=name,
        schedule=schedule,
        command=section.text("command"),
        service=section.text("service"),
    )
