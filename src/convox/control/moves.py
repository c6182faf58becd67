"""What a roll of the instances moves, and for how long each service is without a process. Pure."""

import math
from collections.abc import Iterator

from convox.plan.plan import Move
from convox.rollout.desired import Desired, DesiredService

_START = 1.0  # seconds for a process to be started, beyond the time that its health check wants


def moves(desired: Desired) -> tuple[Move, ...]:
    """Return a move for each service that has processes, by name."""
    found = _moves(desired)
    return tuple(sorted(found, key=lambda move: move.name))


def _moves(desired: Desired) -> Iterator[Move]:
    for service in desired.services:
        if service.count:
            seconds, why = _interruption(service)
            yield Move(
                app=service.app,
                service=service.service,
                processes=desired.instances.count if service.agent else service.count,
                seconds=seconds,
                why=why,
            )


def _interruption(service: DesiredService) -> tuple[float, str]:
    """Return how long the service has no process, or too few, and why that must be."""
    seconds = float(math.ceil(service.health.grace + _START))
    if service.agent:
        return seconds, "an agent: each instance has its own, which ends with it"
    if service.singleton:
        return seconds, "a singleton: it ends before it starts elsewhere"
    return 0.0, ""
