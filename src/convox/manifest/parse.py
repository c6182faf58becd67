"""Text into a manifest.

``${NAME}`` is replaced from the environment first, by nothing where the name is not set, as Convox
does it; ``$NAME`` and ``${NAME-}`` are left to the shell of a command. Unlike Convox, which ignores
what it does not know, a key that is unknown, stands twice or has a value of the wrong type is an
error with its line and column, and all errors come at once.

Keys of Convox fall into three groups. Those that say something to this rack are read. Those that
only describe or tune the cloud around an app (``tags``, ``labels``, ``init``, ...) may stand and
change nothing. Those that an app would miss (``volumes``, ``nlb``, ``privileged``, ...) are
refused, each with what to do instead. The tables of keys stand beside the functions that read them.
"""

import re
from collections.abc import Mapping

import yaml

from convox.errors import InvalidInput
from convox.manifest.parts import check_name, read_resource, read_timer
from convox.manifest.problems import Problems
from convox.manifest.section import Keys, Section, open_section
from convox.manifest.service import read_environment, read_service
from convox.manifest.types import Manifest

_LARGEST = 256 * 1024  # characters
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

_KEYS = Keys(
    known=frozenset({"environment", "params", "resources", "services", "timers"}),
    ignored=frozenset({"labels"}),
    refused={
        "appSettings": "it configures a cloud",
        "balancers": "services are reached by host name",
        "budget": "there is no bill",
        "configs": "put files into the source or values into the environment",
    },
)


def parse(text: str, environment: Mapping[str, str], *, name: str = "convox.yml") -> Manifest:
    """Return what the text says, after defaults; ``InvalidInput`` names all that is wrong."""
    problems = Problems(name)
    root = _compose(_interpolate(text, environment), name)
    top = open_section(root, "", _KEYS, problems)
    shared = read_environment(top)
    services = _named(top, "services")
    resources = _named(top, "resources")
    timers = _named(top, "timers")
    params = top.section("params", None)
    manifest = Manifest(
        services={key: read_service(services, key, shared) for key in services.names},
        resources={key: read_resource(resources, key) for key in resources.names},
        timers={key: read_timer(timers, key) for key in timers.names},
        params={key: params.text(key) for key in params.names},
    )
    _check_references(manifest, services, timers)
    problems.check()
    return manifest


def _interpolate(text: str, environment: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: environment.get(match[1], ""), text)


def _compose(text: str, name: str) -> yaml.Node:
    if len(text) > _LARGEST:
        raise InvalidInput(f"cannot read {name}: it is longer than {_LARGEST} characters")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise InvalidInput(f"{place}: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise InvalidInput(f"cannot read {name}: {str(error).splitlines()[0]}") from error
    except RecursionError:
        raise InvalidInput(f"cannot read {name}: it is nested too deeply") from None
    if root is None:
        raise InvalidInput(f"cannot read {name}: it is empty; name the services of the app in it")
    return root


def _named(top: Section, key: str) -> Section:
    section = top.section(key, None)
    for name, node in section.names.items():
        check_name(name, node, top.problems)
    return section


def _check_references(manifest: Manifest, services: Section, timers: Section) -> None:
    for service in manifest.services.values():
        for name in service.resources:
            if name not in manifest.resources:
                place = services.names[service.name]
                text = f"service '{service.name}' uses resource '{name}', which is not declared"
                services.problems.add(place, text)
    for timer in manifest.timers.values():
        if timer.service and timer.service not in manifest.services:
            place = timers.names[timer.name]
            text = f"timer '{timer.name}' runs in service '{timer.service}', which is not declared"
            timers.problems.add(place, text)
