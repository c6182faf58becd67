"""The engines that have to keep the contract."""

from collections.abc import Iterator

import pytest
from tests.contract.engine.laboratory import LocalLaboratory

ENGINES = {"local": LocalLaboratory}


@pytest.fixture(params=sorted(ENGINES))
def rack(request: pytest.FixtureRequest) -> Iterator[LocalLaboratory]:
    """Give a rack's engine, and end everything that runs on it afterwards."""
    opened = ENGINES[request.param]()
    yield opened
    opened.close()
