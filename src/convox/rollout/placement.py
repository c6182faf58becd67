"""On which instances new processes go. Pure."""

import heapq
from collections.abc import Iterable, Mapping

from convox.engine.engine import InstanceId
from convox.rollout.instance import Instance

_Rank = tuple[bool, int, int, InstanceId]


class Room:
    """The instances that are open to processes, for all that start at one moment.

    One that has the image already comes first, or the process would move a second time. Then the
    one with the fewest of the service's own processes, so that losing an instance costs little,
    then the one with the smallest load, which counts what was placed here before.
    """

    def __init__(
        self, instances: Iterable[Instance], *, image: str, load: Mapping[InstanceId, int]
    ) -> None:
        self._free: list[_Rank] = [
            (instance.image != image, 0, load.get(instance.id, 0), instance.id)
            for instance in instances
            if instance.is_open
        ]
        heapq.heapify(self._free)

    def take(self, number: int, own: Mapping[InstanceId, int]) -> list[InstanceId]:
        """Return where so many processes go of a service that has its ``own``; none without room.

        Only instances that may be the best are looked at, so a start costs little where many are.
        """
        looked_at: list[_Rank] = []
        taken: list[InstanceId] = []
        while len(taken) < number and (looked_at or self._free):
            while self._free and (not looked_at or self._free[0] < looked_at[0]):
                is_old, _, load, name = heapq.heappop(self._free)
                heapq.heappush(looked_at, (is_old, own.get(name, 0), load, name))
            is_old, copies, load, name = looked_at[0]
            heapq.heapreplace(looked_at, (is_old, copies + 1, load + 1, name))
            taken.append(name)
        for is_old, _, load, name in looked_at:
            heapq.heappush(self._free, (is_old, 0, load, name))
        return taken
