"""A plan in words. Pure."""

from collections.abc import Iterator

from convox.plan.plan import Hop, Plan


def explain(plan: Plan) -> tuple[str, ...]:
    """Return what the plan is going to do, in lines for a person."""
    return tuple(_lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    count = len(plan.hops)
    hops = "1 hop" if count == 1 else f"{count} hops"
    yield f"From {plan.running} to {plan.target}, {hops}"
    for number, hop in enumerate(plan.hops, 1):
        yield f"{number}. {hop.origin} -> {hop.target}{_mark(hop)}"
        yield from (f"   {text}" for text in _details(hop))
    if plan.reason:
        yield plan.reason
        yield f"Update again to go on to {plan.wanted}"


def _mark(hop: Hop) -> str:
    return f" (required: {hop.why_stop})" if hop.is_stop else ""


def _details(hop: Hop) -> Iterator[str]:
    if hop.notes:
        yield from hop.notes.strip().splitlines()
    yield f"steps: {' '.join(hop.steps)}"
    yield from (f"migrates {text}" for text in hop.migrations)
    if hop.rolls_instances:
        yield "instances: replaced one after another; processes move start-first"
    else:
        yield "instances: stay, and no process is touched"
    yield from (f"redeploy apps for {each.feature}: {each.reason}" for each in hop.redeploy)
