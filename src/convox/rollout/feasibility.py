"""Whether a roll of all instances can go well, and the smallest change that would let it. Pure.

Asked before the first process moves. Start-first needs room for a while: for one more instance,
and for the second copies of what runs on the instances of a batch. What has moved and only drains
is not counted: it ends, or the roll pauses.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from convox.rollout.desired import DesiredService
from convox.rollout.instance import UP
from convox.rollout.situation import Situation
from convox.rollout.strategy import limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """What the machines have left, in MiB; ``None`` where memory is not what they run out of.

    ``sizes`` say by the service's name what one of its processes uses, where the service itself
    declares nothing.
    """

    memory: int | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)


def objections(situation: Situation, headroom: Headroom) -> Sequence[str]:
    """Return why a roll of all instances cannot go well, and what to change; nothing where it can.

    Every instance is taken to be replaced, whatever its image.
    """
    return [*_too_few_instances(situation), *_too_little_memory(situation, headroom)]


def _too_few_instances(situation: Situation) -> list[str]:
    wanted, there = situation.desired.instances, situation.instances
    if not wanted.limit or len(there) < wanted.limit:
        return []
    least = len(there) + 1
    fewer = f", or InstanceCount to {wanted.limit - 1}" if wanted.count > 1 else ""
    allowed = f"InstanceLimit allows {wanted.limit} and {len(there)} are there"
    change = f"set InstanceLimit to {least}{fewer}"
    return [f"a roll needs one more instance for a while, {allowed}: {change}"]


def _too_little_memory(situation: Situation, headroom: Headroom) -> list[str]:
    free = headroom.memory
    if free is None:
        return []
    needs = _needs(situation, headroom)
    batch = min(situation.desired.instances.batch, len(needs))
    if batch < 1 or needs[batch - 1] <= free:
        return []
    fitting = sum(need <= free for need in needs[:batch])
    if fitting:
        change = f"set InstanceUpdateBatchSize to {fitting}"
        return [f"{_wanting(batch, needs[batch - 1], free)}: {change}"]
    lacking = needs[0] - free
    smaller = "set InstanceUpdateBatchSize to 1, and " if batch > 1 else ""
    change = f"{smaller}free {lacking} MiB{_or_scale_down(situation, headroom, lacking)}"
    return [f"{_wanting(1, needs[0], free)}: {change}"]


def _wanting(batch: int, need: int, free: int) -> str:
    instances = "one instance" if batch == 1 else f"{batch} instances"
    return f"to roll {instances} at a time takes {need} MiB of memory more, and {free} MiB are free"


def _needs(situation: Situation, headroom: Headroom) -> list[int]:
    """Return the most that batches of one, of two, ... instances may need at once, in MiB.

    Which instances come together is not known before, so the fullest do; no service starts more
    beside its own than its rollout allows. An agent runs on the new instance before the old ends.
    """
    services = situation.desired.services
    sizes = {service.name: _size(service, headroom) for service in services}
    beside = {service.name: _most_beside(service) for service in services}
    copies = Counter(
        (item.instance, item.name)
        for item in situation.processes
        if item.has_to_move and item.name in sizes
    )
    moving = {item.id: 0 for item in situation.instances.values() if item.phase in UP}
    for (instance, name), number in copies.items():
        if instance in moving:
            moving[instance] += sizes[name] * min(number, beside[name])
    most = sum(sizes[service.name] * beside[service.name] for service in services)
    agents = sum(sizes[service.name] for service in services if service.agent and service.count)
    fullest_first = accumulate(sorted(moving.values(), reverse=True))
    return [min(need, most) + agents * (n + 1) for n, need in enumerate(fullest_first)]


def _most_beside(service: DesiredService) -> int:
    """Return how many more than its count a service may run while it moves."""
    if service.agent or not service.count:
        return 0
    return min(service.count, limits(service).most - service.count)


def _size(service: DesiredService, headroom: Headroom) -> int:
    return service.memory or headroom.sizes.get(service.name, 0)


def _or_scale_down(situation: Situation, headroom: Headroom, lacking: int) -> str:
    """Return the way to run fewer processes of one service that frees enough, if there is any."""
    ways = [
        (math.ceil(lacking / size), service)
        for service in situation.desired.services
        if (size := _size(service, headroom)) and not service.agent
    ]
    possible = [(number, service) for number, service in ways if number < service.count]
    if not possible:
        return ""
    number, service = min(possible, key=lambda way: (way[0], way[1].name))
    left = service.count - number
    return (
        f", or run {number} fewer of {service.name} by"
        f" `convox scale {service.service} --count {left} -a {service.app}`"
    )
