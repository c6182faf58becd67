"""Whatever the API's own description allows, it answers without a mistake, and as described."""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance
from tests.contract.api.rack import rack, served
from tests.contract.api.raw import PASSWORD

from convox.api import table
from convox.api.openapi import describe
from convox.testing.ports import free_port

SCHEMA = schemathesis.openapi.from_dict(describe(table.ENDPOINTS, sockets=()))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve a rack from a thread of its own."""
    home, port = Path(tempfile.mkdtemp(prefix="api-", dir="/tmp")), free_port()
    is_up, over = threading.Event(), threading.Event()

    async def play() -> None:
        async with rack(home) as made, served(made.use, port):
            is_up.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(play(),))
    thread.start()
    assert is_up.wait(30)
    yield f"http://127.0.0.1:{port}"
    over.set()
    thread.join()
    shutil.rmtree(home)


@SCHEMA.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_that_is_described_is_a_mistake(case, address):
    answer = case.call(base_url=address, auth=("convox", PASSWORD))
    case.validate_response(answer, checks=(not_a_server_error, response_schema_conformance))
