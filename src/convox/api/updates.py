"""Updates of the rack: what is ours beyond Convox's API."""

from dataclasses import replace

from convox.api.encoding import boolean, rfc3339, text
from convox.api.endpoint import Asked, Endpoint, Input, Place
from convox.control.use_cases import UseCases
from convox.errors import NotFound
from convox.plan.explain import explain
from convox.plan.plan import Hop, Plan, from_json
from convox.update.update import StepRecord, Update
from convox.wire import shapes

_WANTED = Input(name="version", place=Place.QUERY, parse=text, summary="the newest if absent")
_ALL_HOPS = Input(
    name="through", place=Place.QUERY, parse=boolean, summary="on past required releases"
)
_VERSION = replace(_WANTED, place=Place.FORM)
_THROUGH = replace(_ALL_HOPS, place=Place.FORM)
_PLAN = Input(
    name="plan", place=Place.FORM, parse=text, summary="the hash of the plan that was agreed to"
)


async def _show_plan(use: UseCases, asked: Asked) -> shapes.Plan:
    version, through = _named(asked.get(_WANTED)), asked.get(_ALL_HOPS) is True
    return _plan_shape(await use.updates.plan(version, through=through))


async def _start(use: UseCases, asked: Asked) -> shapes.StartedUpdate:
    version, through = _named(asked.get(_VERSION)), asked.get(_THROUGH) is True
    approved = asked.get(_PLAN) or None
    update = await use.updates.start(version, through=through, approved=approved, asked_by="")
    return {**_shape(update), "plan": _plan_shape(from_json(update.plan))}


async def _latest(use: UseCases, asked: Asked) -> shapes.Update:
    found = use.updates.latest()
    if found is None:
        raise NotFound("cannot show the latest update: this rack was never updated")
    return _shape(found)


def _named(version: str | None) -> str | None:
    return None if version in {None, "", "dev"} else version


def _shape(update: Update) -> shapes.Update:
    return {
        "id": update.id,
        "state": update.state,
        "origin": update.origin,
        "target": update.target,
        "cause": update.cause,
        "created": rfc3339(update.created),
        "ended": rfc3339(update.ended) if update.ended else None,
        "version": update.target,
        "reason": update.plan.get("reason", ""),
        "steps": [_step_shape(step) for step in update.steps],
    }


def _step_shape(step: StepRecord) -> shapes.UpdateStep:
    return {
        "name": step.name,
        "hop": step.hop,
        "state": step.state,
        "started": rfc3339(step.started) if step.started else None,
        "ended": rfc3339(step.ended) if step.ended else None,
    }


def _plan_shape(plan: Plan) -> shapes.Plan:
    return {
        "hash": plan.hash,
        "running": plan.running,
        "target": plan.target,
        "wanted": plan.wanted,
        "reason": plan.reason,
        "hops": [_hop_shape(hop) for hop in plan.hops],
        "lines": list(explain(plan)),
    }


def _hop_shape(hop: Hop) -> shapes.PlannedHop:
    return {
        "origin": hop.origin,
        "target": hop.target,
        "steps": list(hop.steps),
        "rolls_instances": hop.rolls_instances,
        "is_stop": hop.is_stop,
        "why_stop": hop.why_stop,
        "notes": hop.notes,
    }


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/system/update/plan",
        call=_show_plan,
        summary="Show what an update would do; changes nothing",
        inputs=(_WANTED, _ALL_HOPS),
        answer=shapes.Plan,
    ),
    Endpoint(
        method="GET",
        path="/system/update",
        call=_latest,
        summary="Show the latest update, whatever became of it",
        answer=shapes.Update,
    ),
    Endpoint(
        method="POST",
        path="/system/update",
        call=_start,
        summary="Begin an update",
        inputs=(_VERSION, _THROUGH, _PLAN),
        answer=shapes.StartedUpdate,
    ),
)
