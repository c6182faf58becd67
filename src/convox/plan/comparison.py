"""How one plan differs from another, for a person who agreed to the other. Pure."""

from collections.abc import Iterator, Mapping

from convox.plan.plan import Hop, Move, Plan
from convox.plan.words import counted


def differences(agreed: Plan, now: Plan) -> tuple[str, ...]:
    """Return what is not as it was agreed to, in words."""
    return tuple(_differences(agreed, now))


def _differences(agreed: Plan, now: Plan) -> Iterator[str]:
    if agreed.running != now.running:
        yield f"it begins at {now.running} and not at {agreed.running}"
    if _way(agreed) != _way(now):
        yield f"it goes to {_way(now)} and not to {_way(agreed)}"
    for before, after in zip(agreed.hops, now.hops, strict=False):
        if before.target == after.target and before != after:
            yield f"the hop to {after.target} {_change(before, after)}"
    if agreed.machines != now.machines:
        yield f"it rolls {counted(now.machines, 'instance')} and not {agreed.machines}"
    yield from _moves(agreed, now)
    if agreed.no_return != now.no_return:
        yield now.no_return or "there is a way back now"
    yield from _closures(agreed.closed, now.closed)


def _closures(agreed: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for version in sorted(agreed.keys() | now.keys()):
        if version not in now:
            yield f"{version} is open to this rack now"
        elif agreed.get(version) != now[version]:
            yield f"{version} is closed to this rack now: {now[version]}"


def _way(plan: Plan) -> str:
    return ", ".join(hop.target for hop in plan.hops)


def _change(before: Hop, after: Hop) -> str:
    if before.steps != after.steps:
        return f"has the steps {' '.join(after.steps)} and not {' '.join(before.steps)}"
    return "is described otherwise by the feed"


def _moves(agreed: Plan, now: Plan) -> Iterator[str]:
    before = {move.name: move for move in agreed.moves}
    after = {move.name: move for move in now.moves}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"{name} moves {_move(after.get(name))} and not {_move(before.get(name))}"


def _move(move: Move | None) -> str:
    if move is None:
        return "none"
    return f"{counted(move.processes, 'process')} with {move.seconds:g} s of interruption"
