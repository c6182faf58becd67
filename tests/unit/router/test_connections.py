"""Counting what a process has open, on this very process."""

import os
import socket
import subprocess
import sys

import pytest

from convox.host.connections import open_connections


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_connections_are_counted_by_the_other_side_until_they_are_closed(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as server:
        there = server.getsockname()[:2]
        before = open_connections(os.getpid())
        first, second = socket.create_connection(there), socket.create_connection(there)
        assert before[there] == 0
        assert open_connections(os.getpid())[there] == 2
        first.close()
        assert open_connections(os.getpid())[there] == 1
        second.close()
        assert open_connections(os.getpid())[there] == 0


def test_a_process_that_is_gone_has_nothing_open():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert open_connections(ended.pid).total() == 0
