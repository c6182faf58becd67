"""The rack's parameters: those that exist, what they may be, and what they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from convox.control.automatic import policy
from convox.control.automatic.policy import ASK, CONSENT, PASS
from convox.control.automatic.window import parse_windows
from convox.control.desired import (
    BATCH,
    CANARY,
    CANARY_BY_HAND,
    CANARY_TIME,
    CANARY_TIME_BY_HAND,
    INSTANCE_COUNT,
    INSTANCE_LIMIT,
    SOAK_TIME,
)
from convox.errors import InvalidInput
from convox.feed.channel import parse_channel
from convox.feed.index import STABLE
from convox.state.schema import parameters

COUNT = "InstanceCount"
LIMIT = "InstanceLimit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """Something a person can set; ``objection`` says why a value cannot be, or nothing."""

    default: str
    objection: Callable[[str], str]


def whole_number(least: int, most: int) -> Callable[[str], str]:
    """Return a check for numbers between the two."""

    def objection(value: str) -> str:
        is_one = value.isascii() and value.isdigit() and least <= int(value) <= most
        return "" if is_one else f"it must be a whole number from {least} to {most}"

    return objection


def one_of(*values: str) -> Callable[[str], str]:
    """Return a check for exactly these values."""

    def objection(value: str) -> str:
        return "" if value in values else f"it must be one of {', '.join(values)}"

    return objection


def read_by(parse: Callable[[str], object]) -> Callable[[str], str]:
    """Return a check for what can be read so."""

    def objection(value: str) -> str:
        try:
            parse(value)
        except InvalidInput as error:
            return str(error)
        return ""

    return objection


PARAMETERS: Mapping[str, Parameter] = {
    COUNT: Parameter(default=INSTANCE_COUNT, objection=whole_number(1, 100)),
    LIMIT: Parameter(default=INSTANCE_LIMIT, objection=whole_number(0, 1000)),
    "InstanceUpdateBatchSize": Parameter(default=BATCH, objection=whole_number(1, 100)),
    CONSENT: Parameter(default=ASK, objection=one_of(ASK, PASS)),
    policy.AUTO: Parameter(default=policy.ON, objection=one_of(policy.ON, policy.OFF)),
    policy.CHANNEL: Parameter(default=STABLE, objection=read_by(parse_channel)),
    policy.WINDOW: Parameter(default="", objection=read_by(parse_windows)),
    policy.DELAY: Parameter(default="24h", objection=read_by(policy.parse_duration)),
    policy.SECURITY_DELAY: Parameter(default="6h", objection=read_by(policy.parse_duration)),
    policy.INTERVAL: Parameter(default="10m", objection=read_by(policy.parse_interval)),
    policy.PIN: Parameter(default="", objection=read_by(policy.parse_pin)),
    policy.HOLD: Parameter(default="", objection=read_by(policy.parse_hold)),
    CANARY: Parameter(default=CANARY_TIME, objection=whole_number(0, 3600)),
    CANARY_BY_HAND: Parameter(default=CANARY_TIME_BY_HAND, objection=whole_number(0, 3600)),
    "SoakTime": Parameter(default=SOAK_TIME, objection=whole_number(0, 3600)),
}


def get_all(connection: sa.Connection) -> Mapping[str, str]:
    """Return every parameter with its value."""
    values = {row.key: row.value for row in connection.execute(sa.select(parameters))}
    return {key: values.get(key, known.default) for key, known in PARAMETERS.items()}


def put(connection: sa.Connection, wanted: Mapping[str, str]) -> None:
    """Set parameters, all or none."""
    problems = [text for key, value in sorted(wanted.items()) if (text := _problem(key, value))]
    if problems:
        raise InvalidInput("\n".join(problems))
    _check_limit({**get_all(connection), **wanted})
    for key, value in wanted.items():
        connection.execute(parameters.delete().where(parameters.c.key == key))
        connection.execute(parameters.insert().values(key=key, value=value))


def _check_limit(values: Mapping[str, str]) -> None:
    """Refuse more instances than there may be; a roll needs room for one more, and says so."""
    count, limit = int(values[COUNT]), int(values[LIMIT])
    if limit and count > limit:
        raise InvalidInput(
            f"cannot set {COUNT} to {count}: {LIMIT} is {limit}; set {LIMIT} to {count + 1} or"
            " more, so that a roll has room for another one"
        )


def _problem(key: str, value: str) -> str:
    if key not in PARAMETERS:
        known = ", ".join(sorted(PARAMETERS))
        return f"cannot set {key[:60]}: this rack has no such parameter; it has {known}"
    reason = PARAMETERS[key].objection(value)
    return f"cannot set {key} to {value[:60]!r}: {reason}" if reason else ""
