"""On which instance a new process goes. Pure."""

from collections.abc import Iterable, Mapping

from convox.engine.engine import InstanceId
from convox.rollout.instance import Instance


def place(
    instances: Iterable[Instance],
    *,
    image: str,
    own: Mapping[InstanceId, int],
    load: Mapping[InstanceId, int],
) -> InstanceId | None:
    """Return the best of the instances that take processes; ``None`` where none does.

    One that has the image already comes first, or the process would move a second time. Then the
    one with the fewest of the service's ``own`` processes, so that losing an instance costs
    little, then the one with the smallest ``load``.
    """
    candidates = [instance for instance in instances if instance.is_ready]
    if not candidates:
        return None
    best = min(
        candidates,
        key=lambda instance: (
            instance.image != image,
            own.get(instance.id, 0),
            load.get(instance.id, 0),
            instance.id,
        ),
    )
    return best.id
