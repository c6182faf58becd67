"""All decisions for one moment, put together. Pure."""

from collections.abc import Sequence

from convox.rollout.action import Action, InstanceStep, Start, Step
from convox.rollout.draining import drain_time
from convox.rollout.instance import InstanceEvent
from convox.rollout.lifecycle import next_event
from convox.rollout.placement import Room
from convox.rollout.process import ProcessEvent
from convox.rollout.rolling import next_instance_actions
from convox.rollout.settling import next_deployment_steps
from convox.rollout.situation import Situation
from convox.rollout.strategy import next_actions


def decide(situation: Situation) -> list[Action]:
    """Return everything that has happened or is needed and is not recorded yet."""
    happened = _events(situation)
    taken = {step.process.id for step in happened}
    of_instances = next_instance_actions(situation)
    room = _room(situation, of_instances)
    wanted = [*_abandoned(situation), *_service_actions(situation, room)]
    return [
        *happened,
        *(item for item in wanted if isinstance(item, Start) or item.process.id not in taken),
        *of_instances,
        *next_deployment_steps(situation),
    ]


def _events(situation: Situation) -> list[Step]:
    steps = []
    for process in situation.processes:
        event = next_event(
            process,
            situation.instances.get(process.instance),
            drain=drain_time(process, situation),
            now=situation.now,
            traffic=situation.traffic,
        )
        if event is not None:
            steps.append(Step(process=process, event=event))
    return steps


def _room(situation: Situation, of_instances: Sequence[Action]) -> Room:
    """Return where processes may start: not on what retires from this moment on."""
    leaving = {
        item.instance.id
        for item in of_instances
        if isinstance(item, InstanceStep) and item.event is InstanceEvent.UNWANTED
    }
    staying = [instance for instance in situation.open if instance.id not in leaving]
    return Room(staying, image=situation.image, load=situation.load)


def _service_actions(situation: Situation, room: Room) -> list[Start | Step]:
    actions: list[Start | Step] = []
    for service in situation.desired.services:
        actions += next_actions(service, situation, room)
    return actions


def _abandoned(situation: Situation) -> list[Step]:
    """Return the end of every process whose service is not wanted any more."""
    services = situation.services
    return [
        Step(process=process, event=ProcessEvent.UNWANTED)
        for process in situation.processes
        if process.is_active and not process.one_off and process.name not in services
    ]
