"""What holds for all simulations."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Have nothing logged: to tell of each simulated mishap takes longer than to simulate it."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
