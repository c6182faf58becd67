"""One service of the document."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

import yaml

from convox.manifest.scaling import read_deployment, read_scale
from convox.manifest.section import Keys, Section, is_text, open_section
from convox.manifest.serving import read_health, read_port
from convox.manifest.types import Service

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*", re.IGNORECASE)

_KEYS = Keys(
    known=frozenset(
        {
            *{"agent", "build", "command", "deployment", "domain", "drain", "environment"},
            *{"health", "image", "internal", "port", "resources", "scale", "singleton"},
            *{"sticky", "termination", "test"},
        }
    ),
    ignored=frozenset(
        {
            *{"annotations", "dnsConfig", "imagePullSecrets", "ingressAnnotations", "init"},
            *{"internalAndExternal", "labels", "nodeAffinityLabels", "nodeSelectorLabels"},
            *{"tags"},
        }
    ),
    refused={
        "accessControl": "restrict access in front of the rack",
        "certificate": "the rack has one certificate for all services",
        "configMounts": "put files into the source or values into the environment",
        "grpcHealthEnabled": "health is an HTTP GET",
        "initContainer": "do it at the start of the command",
        "internalRouter": "say 'internal: true'",
        "lifecycle": "do it at the start of the command, and on TERM",
        "links": "reach other services by their host names",
        "liveness": "say 'health'",
        "nlb": "the router speaks HTTP; a service that needs raw TCP cannot run here",
        "policies": "there is no cloud whose rights could be given",
        "ports": "a service has one port; make a service for each",
        "privileged": "nothing of an app has more rights than the app user",
        "securityContext": "everything of an app runs as the app user",
        "startupProbe": "say 'grace' in 'health'",
        "timeout": "the router decides how long a request may take",
        "tls": "the router redirects nothing by itself",
        "volumeOptions": "processes move and their files do not; use a resource",
        "volumes": "processes move and their files do not; use a resource",
        "whitelist": "restrict access in front of the rack",
    },
)
_BUILD = Keys(
    known=frozenset({"path", "manifest"}),
    refused={"args": "there is no Dockerfile that could take them"},
)
_TERMINATION = Keys(known=frozenset({"grace"}))
_AGENT = Keys(
    known=frozenset({"enabled"}), refused={"ports": "the rack picks the ports of processes"}
)
_LONGEST = 86400  # seconds

Environment = Mapping[str, str | None]
"""The names a process receives, with their default."""


def read_service(services: Section, name: str, shared: Environment) -> Service:
    """Read one service; ``shared`` is the environment of all."""
    where = f"service '{name}'"
    section = open_section(services.values[name], where, _KEYS, services.problems)
    path, dockerfile = _read_build(section)
    agent, singleton = _read_agent(section), section.flag("singleton")
    service = Service(
        name=name,
        build=path,
        dockerfile=dockerfile,
        image=section.text("image") or None,
        command=_read_command(section),
        port=read_port(section),
        health=read_health(section),
        scale=read_scale(section),
        deployment=read_deployment(section, one_at_most=agent or singleton),
        environment={**shared, **read_environment(section)},
        domains=_read_domains(section),
        resources=tuple(text for _, text in section.texts("resources")),
        agent=agent,
        singleton=singleton,
        internal=section.flag("internal"),
        sticky=section.flag("sticky", default=True),
        drain=section.number("drain", 30, 0, _LONGEST),
        grace=section.section("termination", _TERMINATION).number("grace", 30, 0, _LONGEST),
        test=section.text("test") or None,
    )
    _check_runnable(service, section, services.names[name])
    return service


def _check_runnable(service: Service, section: Section, place: yaml.Node) -> None:
    """A command is what a folder cannot say of itself; of an image its engine may know better."""
    if not ({"command", "image"} & section.values.keys() or service.dockerfile):
        hint = "builds here use no Dockerfile: say what to run, in Python, Node or as it is"
        section.problems.add(place, f"service '{service.name}' has no command; {hint}")
    if {"build", "image"} <= section.values.keys():
        section.problems.add(place, f"service '{service.name}' has both a build and an image")


def read_environment(section: Section) -> Environment:
    """Read a list of ``NAME``, ``NAME=default`` or ``*``."""
    if section.is_mapping("environment"):
        section.wrong("environment", "a list of NAME or NAME=default")
        return {}
    found: dict[str, str | None] = {}
    for node, text in section.texts("environment"):
        name, equals, default = text.partition("=")
        if name != "*" and not _VARIABLE.fullmatch(name):
            section.problems.add(node, f"'{name[:40]}' cannot be the name of a variable")
        found[name] = default if equals else None
    return found


def _read_build(section: Section) -> tuple[str | None, str | None]:
    """Return the folder to build and the Dockerfile, where one is named."""
    if not section.is_mapping("build"):
        default = "" if "image" in section.values else "."
        return _inside(section, "build", default), None
    build = section.section("build", _BUILD)
    return _inside(build, "path", "."), build.text("manifest") or None


def _inside(section: Section, key: str, default: str) -> str | None:
    """Read a path that stays in the source; ``None`` for no folder at all."""
    text = section.text(key, default)
    if not text:
        return None
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\0" in text:
        section.wrong(key, "a folder of the source, relative and without '..'")
        return default or None
    return str(path)


def _read_command(section: Section) -> tuple[str, ...]:
    if isinstance(section.values.get("command"), yaml.SequenceNode):
        words = tuple(text for _, text in section.texts("command"))
        if not words or not words[0]:
            section.wrong("command", "a text or a list that begins with a program")
        return words
    text = section.text("command")
    return ("sh", "-c", text) if text else ()


def _read_agent(section: Section) -> bool:
    if not section.is_mapping("agent"):
        return section.flag("agent")
    return section.section("agent", _AGENT).flag("enabled", default=True)


def _read_domains(section: Section) -> tuple[str, ...]:
    """Read host names; a variable that is not set leaves none, as is usual with Convox."""
    node = section.values.get("domain")
    found = section.texts("domain") if isinstance(node, yaml.SequenceNode) else ()
    if node is not None and is_text(node):
        found = tuple((node, text.strip()) for text in node.value.split(","))
    if isinstance(node, yaml.MappingNode):
        section.wrong("domain", "a host name or a list of them")
    for place, text in found:
        if text and not _HOST.fullmatch(text):
            section.problems.add(place, f"'{text[:60]}' cannot be a host name")
    return tuple(text.lower() for _, text in found if text)
