"""Which seeds are played: some always, very many in the long run, and a part of them by each test.

``SEED=n`` stands for that one alone.
"""

import os
from collections.abc import Sequence
from typing import Any

import pytest

_LONG = (pytest.mark.long, pytest.mark.timeout(3600))


def number(name: str, default: int) -> int:
    """Return how many a person asks for in the environment."""
    return int(os.environ.get(name, default))


def seeds(ordinary: int, *, each: int, long: int, each_long: int) -> list[Any]:
    """Return the seeds of each test; the long ones come after the others."""
    if "SEED" in os.environ:
        only = int(os.environ["SEED"])
        return [_param(range(only, only + 1))]
    return [
        *(_param(some) for some in _parts(range(ordinary), each)),
        *(_param(some, *_LONG) for some in _parts(range(ordinary, ordinary + long), each_long)),
    ]


def _parts(whole: range, size: int) -> Sequence[range]:
    return [whole[first : first + size] for first in range(0, len(whole), size)]


def _param(some: range, *marks: pytest.MarkDecorator) -> Any:
    return pytest.param(some, marks=marks, id=f"from-{some.start}")
