"""A plan in words. Pure."""

from collections.abc import Iterator, Sequence

from convox.plan.estimate import Interval
from convox.plan.plan import Hop, Plan
from convox.plan.words import counted


def explain(plan: Plan) -> tuple[str, ...]:
    """Return what the plan is going to do, in lines for a person."""
    return tuple(_lines(plan))


def foresee(plan: Plan, rest: Sequence[Hop], takes: Interval) -> tuple[str, ...]:
    """Return what comes after the plan, how long it should take, and how to agree to it."""
    return (
        *(f"Then, by another update: {hop.origin} -> {hop.target}{_mark(hop)}" for hop in rest),
        f"Should take {takes.low:.0f} to {takes.high:.0f} s",
        f"Plan {plan.hash[:12]}; `--approve {plan.hash[:12]}` carries out this and no other",
    )


def _lines(plan: Plan) -> Iterator[str]:
    yield f"From {plan.running} to {plan.target}, {counted(len(plan.hops), 'hop')}"
    for number, hop in enumerate(plan.hops, 1):
        yield f"{number}. {hop.origin} -> {hop.target}{_mark(hop)}"
        yield from (f"   {text}" for text in _details(hop))
    yield from _rolls(plan)
    if plan.no_return:
        yield f"Point of no return: {plan.no_return}"
    for version, why in plan.closed.items():
        yield f"{version} is closed to this rack: {why}"
    if plan.reason:
        yield plan.reason
    if plan.reason and plan.wanted > plan.running:
        yield f"Update again to go on to {plan.wanted}"


def _rolls(plan: Plan) -> Iterator[str]:
    if not plan.machines:
        return
    and_moves = ", and moves" if plan.moves else ""
    yield f"Rolls {counted(plan.machines, 'instance')}{and_moves}"
    for move in plan.moves:
        count = counted(move.processes, "process")
        rest = f"{move.seconds:g} s of interruption: {move.why}" if move.why else "no interruption"
        yield f"   {move.name}: {count}, {rest}"


def _mark(hop: Hop) -> str:
    return f" (required: {hop.why_stop})" if hop.is_stop else ""


def _details(hop: Hop) -> Iterator[str]:
    if hop.notes:
        yield from hop.notes.strip().splitlines()
    yield f"steps: {' '.join(hop.steps)}"
    yield from (f"migrates {text}" for text in hop.migrations)
    yield from (f"its commit lets go of {text}" for text in hop.contracts)
    if hop.rolls_instances:
        yield "instances: replaced one after another; processes move start-first"
    else:
        yield "instances: stay, and no process is touched"
    yield from (f"redeploy apps for {each.feature}: {each.reason}" for each in hop.redeploy)
