"""What serves apps. Pure."""

from collections.abc import Iterator

from convox.installer.doctor.facts import Facts
from convox.installer.doctor.finding import Finding, ok, warning, wrong

_READY, _RUNNING, _STARTING = "ready", "running", "starting"


def router(facts: Facts) -> Iterator[Finding]:
    """HAProxy runs and can be steered."""
    if facts.is_stopped:
        return
    log = f"see {facts.home}/router/haproxy.log"
    if facts.router:
        remedy = f"{log}; `convox rack start {facts.name}` starts it with the control plane"
        yield wrong("router", facts.router, remedy)
    else:
        yield ok("router", "haproxy answers")


def front(facts: Facts) -> Iterator[Finding]:
    """The API is reached through the router, as people reach it."""
    if facts.is_stopped or facts.router or facts.api:
        return  # One of these says it already.
    if facts.front:
        yield wrong("api", facts.front, f"see {facts.home}/router/haproxy.log")
    else:
        yield ok("api", "it answers through the router")


def instances(facts: Facts) -> Iterator[Finding]:
    """Every agent answers."""
    if facts.is_stopped:
        return
    silent = {name: state for name, state in facts.instances.items() if state != _READY}
    for name, state in silent.items():
        remedy = f"the rack replaces it by itself; see {facts.home}/instances/{name}/agent.log"
        tell = warning if state == _STARTING else wrong
        yield tell(f"instance {name}", f"it is {state}", remedy)
    if not silent:
        yield ok("instances", f"{len(facts.instances)} answer")


def resources(facts: Facts) -> Iterator[Finding]:
    """Every server of a resource answers."""
    for name, state in facts.resources.items():
        log = f"{facts.home}/resources/{name}/server.log"
        if state == _RUNNING:
            yield ok(f"resource {name}", "it answers")
        elif not facts.is_stopped:
            remedy = f"the rack starts it again by itself; see {log}"
            yield wrong(f"resource {name}", f"it is {state}", remedy)


def components(facts: Facts) -> Iterator[Finding]:
    """Every component runs."""
    if facts.is_stopped or facts.records is None:
        return
    missing = sorted(facts.records.components - facts.components)
    for label in missing:
        log = f"{facts.home}/logs/{label.rpartition('-')[0]}.log"
        yield wrong(f"component {label}", "it does not run", f"see {log}")
    if not missing:
        yield ok("components", f"{len(facts.components)} run")


def orphans(facts: Facts) -> Iterator[Finding]:
    """No process is left that nothing knows of."""
    for number, what in facts.orphans.items():
        found = f"process {number} is {what} that nothing knows of"
        yield warning("orphan", found, f"kill {number}")
