"""Updates of the rack: what is ours beyond Convox's API."""

from dataclasses import replace

from convox.api.apps import gain_shape
from convox.api.encoding import boolean, rfc3339, text
from convox.api.endpoint import Asked, Endpoint, Input, Place
from convox.control.planning import Prospect
from convox.control.update_status import UpdateStatus
from convox.control.use_cases import UseCases
from convox.errors import NotFound
from convox.plan.estimate import Interval
from convox.plan.explain import explain, foresee
from convox.plan.plan import Hop, Move, Plan, from_json
from convox.update.update import StepRecord
from convox.wire import update_shapes

_WANTED = Input(name="version", place=Place.QUERY, parse=text, summary="the newest if absent")
_ALL_HOPS = Input(
    name="through", place=Place.QUERY, parse=boolean, summary="on past required releases"
)
_VERSION = replace(_WANTED, place=Place.FORM)
_THROUGH = replace(_ALL_HOPS, place=Place.FORM)
_PLAN = Input(
    name="plan", place=Place.FORM, parse=text, summary="the hash of the plan that was agreed to"
)
_CONSENT = Input(
    name="yes", place=Place.FORM, parse=boolean, summary="even where there is no way back"
)


async def _show_plan(use: UseCases, asked: Asked) -> update_shapes.Prospect:
    version, through = _named(asked.get(_WANTED)), asked.get(_ALL_HOPS) is True
    return _prospect_shape(use, await use.updates.planning.show(version, through=through))


async def _show_undo(use: UseCases, asked: Asked) -> update_shapes.Prospect:
    return _prospect_shape(use, await use.updates.show_undo())


def _prospect_shape(use: UseCases, found: Prospect) -> update_shapes.Prospect:
    return {
        **_plan_shape(found.plan),
        "lines": [
            *explain(found.plan),
            *use.automatic.lookout.ahead(found.plan),
            *foresee(found.plan, found.rest, found.takes),
            *(f"Refused as things are: {objection}" for objection in found.objections),
        ],
        "rest": [_hop_shape(hop) for hop in found.rest],
        "takes": _interval(found.takes),
        "refused": list(found.objections),
    }


async def _start(use: UseCases, asked: Asked) -> update_shapes.StartedUpdate:
    version, through = _named(asked.get(_VERSION)), asked.get(_THROUGH) is True
    update = await use.updates.start(
        version,
        through=through,
        approved=asked.get(_PLAN) or None,
        consents=asked.get(_CONSENT) is True,
        asked_by=asked.who,
    )
    made = from_json(update.plan)
    ahead = list(use.automatic.lookout.ahead(made))
    return {**_latest_shape(use), "plan": _plan_shape(made), "ahead": ahead}


async def _latest(use: UseCases, asked: Asked) -> update_shapes.Update:
    return _latest_shape(use)


async def _pause(use: UseCases, asked: Asked) -> update_shapes.Update:
    use.updates.pause(asked_by=asked.who)
    return _latest_shape(use)


async def _resume(use: UseCases, asked: Asked) -> update_shapes.Update:
    use.updates.resume(asked_by=asked.who)
    return _latest_shape(use)


async def _cancel(use: UseCases, asked: Asked) -> update_shapes.Update:
    use.updates.cancel(asked_by=asked.who)
    return _latest_shape(use)


async def _undo(use: UseCases, asked: Asked) -> update_shapes.Update:
    await use.updates.undo(
        approved=asked.get(_PLAN) or None,
        consents=asked.get(_CONSENT) is True,
        asked_by=asked.who,
    )
    return _latest_shape(use)


async def _acknowledge(use: UseCases, asked: Asked) -> update_shapes.Update:
    use.updates.acknowledge(asked_by=asked.who)
    return _latest_shape(use)


def _latest_shape(use: UseCases) -> update_shapes.Update:
    found = use.updates.examine()
    if found is None:
        raise NotFound("cannot show the latest update: this rack was never updated")
    gains = use.apps.gains().items()
    return {
        **_shape(found),
        "redeploy": {app: [gain_shape(each) for each in gained] for app, gained in gains},
    }


def _named(version: str | None) -> str | None:
    return None if version in {None, "", "dev"} else version


def _shape(status: UpdateStatus) -> update_shapes.Update:
    update = status.update
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
        "asked_by": update.asked_by,
        "acknowledged": update.acknowledged,
        "returns_to": update.returns_to,
        "step": status.step.name if status.step else None,
        "waits_for": status.waits_for,
        "left": _interval(status.left) if status.left else None,
        "remedy": status.remedy,
        "line": status.line,
        "steps": [_step_shape(step) for step in update.steps],
        "redeploy": {},
    }


def _step_shape(step: StepRecord) -> update_shapes.UpdateStep:
    return {
        "name": step.name,
        "hop": step.hop,
        "state": step.state,
        "started": rfc3339(step.started) if step.started else None,
        "ended": rfc3339(step.ended) if step.ended else None,
    }


def _plan_shape(plan: Plan) -> update_shapes.Plan:
    return {
        "hash": plan.hash,
        "running": plan.running,
        "target": plan.target,
        "wanted": plan.wanted,
        "reason": plan.reason,
        "hops": [_hop_shape(hop) for hop in plan.hops],
        "machines": plan.machines,
        "moves": [_move_shape(move) for move in plan.moves],
        "no_return": plan.no_return,
        "closed": dict(plan.closed),
        "lines": list(explain(plan)),
    }


def _interval(interval: Interval) -> update_shapes.Interval:
    return {"low": interval.low, "high": interval.high}


def _move_shape(move: Move) -> update_shapes.Move:
    return {
        "app": move.app,
        "service": move.service,
        "processes": move.processes,
        "seconds": move.seconds,
        "why": move.why,
    }


def _hop_shape(hop: Hop) -> update_shapes.PlannedHop:
    return {
        "origin": hop.origin,
        "target": hop.target,
        "steps": list(hop.steps),
        "rolls_instances": hop.rolls_instances,
        "is_stop": hop.is_stop,
        "why_stop": hop.why_stop,
        "notes": hop.notes,
        "migrations": list(hop.migrations),
        "contracts": list(hop.contracts),
    }


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/system/update/plan",
        call=_show_plan,
        summary="Show what an update would do; changes nothing",
        inputs=(_WANTED, _ALL_HOPS),
        answer=update_shapes.Prospect,
    ),
    Endpoint(
        method="GET",
        path="/system/update",
        call=_latest,
        summary="Show the latest update, whatever became of it",
        answer=update_shapes.Update,
    ),
    Endpoint(
        method="POST",
        path="/system/update",
        call=_start,
        summary="Begin an update",
        inputs=(_VERSION, _THROUGH, _PLAN, _CONSENT),
        answer=update_shapes.StartedUpdate,
    ),
    Endpoint(
        method="POST",
        path="/system/update/pause",
        call=_pause,
        summary="Let no further step of the update begin",
        answer=update_shapes.Update,
    ),
    Endpoint(
        method="POST",
        path="/system/update/resume",
        call=_resume,
        summary="Let a paused update go on",
        answer=update_shapes.Update,
    ),
    Endpoint(
        method="POST",
        path="/system/update/cancel",
        call=_cancel,
        summary="Turn the update under way back",
        answer=update_shapes.Update,
    ),
    Endpoint(
        method="POST",
        path="/system/update/undo",
        call=_undo,
        summary="Go back to where the latest update began",
        inputs=(_PLAN, _CONSENT),
        answer=update_shapes.Update,
    ),
    Endpoint(
        method="GET",
        path="/system/update/undo",
        call=_show_undo,
        summary="Show what an undo would do; changes nothing",
        answer=update_shapes.Prospect,
    ),
    Endpoint(
        method="POST",
        path="/system/update/acknowledge",
        call=_acknowledge,
        summary="Note that somebody knows how the latest update ended",
        answer=update_shapes.Update,
    ),
)
