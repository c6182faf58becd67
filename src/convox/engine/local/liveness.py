"""Judge from the signs of an agent what its instance is. Pure."""

from dataclasses import dataclass

from convox.engine.engine import InstanceState

SILENCE = 10.0
"""Seconds without an answer after which an agent that lives is given up."""
_BOOT = 20.0  # seconds that an instance has for its first answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known of an agent that has not answered just now; times in seconds.

    ``lives`` is ``None`` where it has not been started yet, ``silence`` where it has never answered
    here. ``age`` is the time since the launch.
    """

    lives: bool | None
    silence: float | None
    age: float


def judge(signs: Signs) -> InstanceState:
    """Say what an instance is whose agent does not answer."""
    if signs.lives is False:
        return InstanceState.LOST
    if signs.silence is not None:
        # A machine under load may answer late; what runs on it is not moved for that.
        return InstanceState.READY if signs.silence < SILENCE else InstanceState.LOST
    return InstanceState.STARTING if signs.age < _BOOT else InstanceState.LOST
