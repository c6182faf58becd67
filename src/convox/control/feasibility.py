"""Ask whether a roll of the instances can go well now, with what the machine has."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from convox.control.observing import Observer
from convox.control.processes import share_of
from convox.control.shares import Measured, Share
from convox.rollout.feasibility import Headroom, objections
from convox.rollout.situation import Situation

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasibility:
    """Looks at the rack and its machine; ``memory`` and ``free_memory`` are bytes of the machine.

    A service that declares no memory is taken to need what its largest process uses now.
    """

    observe: Observer
    measured: Measured
    memory: Callable[[], int]
    free_memory: Callable[[], int]

    async def __call__(self) -> Sequence[str]:
        """Return what speaks against a roll of all instances, each with what to change."""
        situation = await self.observe()
        used = await asyncio.to_thread(self.measured)
        free = await asyncio.to_thread(self.free_memory)
        sizes = sizes_of(situation, used, self.memory())
        return objections(situation, Headroom(memory=free // _MIB, sizes=sizes))


def sizes_of(situation: Situation, used: Mapping[int, Share], memory: int) -> Mapping[str, int]:
    """Return the MiB that the largest process of each service uses of so many bytes. Pure."""
    sizes: defaultdict[str, int] = defaultdict(int)
    for process in situation.processes:
        if not process.one_off:
            size = round(share_of(process, used).memory * memory / _MIB)
            sizes[process.name] = max(sizes[process.name], size)
    return sizes
