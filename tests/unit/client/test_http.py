"""Answers as servers may form them, and those that are none."""

import io
import subprocess
import sys

import pytest

from convox.client.connection import connect
from convox.client.endpoint import Endpoint
from convox.client.errors import Answered, ClientError, Garbled, Unreachable
from convox.client.http import Answer, head, request
from convox.client.rack import Rack


@pytest.mark.parametrize(
    ("pieces", "answer"),
    [
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore",), Answer(200, b"ok")),
        ((b"HTTP/1.1 200 OK\r\n\r\nto the ", b"end"), Answer(200, b"to the end")),
        ((b"HTTP/1.1 204 No Content\r\n\r\n",), Answer(204, b"")),
        (
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhel",
                b"lo\r\n6\r\n world\r\n0\r\n\r\n",
            ),
            Answer(200, b"hello world"),
        ),
        (
            (
                b"HTTP/1.1 100 Continue\r\n\r\n",
                b"HTTP/1.1 404 Not Found\r\ncontent-LENGTH:1\r\n\r\nx",
            ),
            Answer(404, b"x"),
        ),
        (tuple(bytes([byte]) for byte in b"HTTP/1.0 200\r\n\r\nx"), Answer(200, b"x")),
    ],
)
def test_an_answer_is_read_however_it_is_formed(says, pieces, answer):
    assert request(says(*pieces), "GET", "/", {}) == answer


@pytest.mark.parametrize(
    ("piece", "error"),
    [
        (b"", Unreachable),
        (b"HTTP/1.1 200 OK\r\nContent-Le", Unreachable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", Unreachable),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", Garbled),
        (b"x" * 200_000, Garbled),
    ],
)
def test_what_is_no_answer_is_told_apart_from_one(says, piece, error):
    with pytest.raises(error):
        request(says(piece), "GET", "/", {})


def test_an_early_refusal_of_an_upload_is_read_though_not_all_was_sent(says):
    endpoint = says.and_listens(b"HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo large")
    with pytest.raises(Answered, match=r"^too large$") as refused:
        Rack(endpoint).upload("/apps/a/objects/x", io.BytesIO(b"x" * 3_000_000))
    assert refused.value.status == 413


def test_nobody_there_is_unreachable():
    with pytest.raises(Unreachable):
        connect(Endpoint(host="127.0.0.1:1", scheme="http"))


@pytest.mark.parametrize("name", ["a..b", f"{'x' * 64}.test", "ü..b", "\udcff"])
def test_nobody_is_reached_by_what_cannot_be_a_name(name):
    with pytest.raises(Unreachable):
        connect(Endpoint(host=name, scheme="http"))


def test_the_names_of_all_the_world_are_not_loaded_for_a_plain_one(says):
    _, port = says(b"HTTP/1.1 200 OK\r\n\r\n").address
    code = f"""
import sys
from convox.client.connection import connect
from convox.client.endpoint import Endpoint
connect(Endpoint(host="127.0.0.1:{port}", scheme="http"))
sys.exit("stringprep" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_name_below_localhost_is_this_machine(says):
    port = says(b"HTTP/1.1 200 OK\r\n\r\n{}").address[1]
    rack = Rack(Endpoint(host=f"rack.dev.localhost:{port}", scheme="http"))
    assert rack.get("/system") == {}


def test_a_head_names_the_host_and_keeps_the_prefix_of_the_path():
    endpoint = Endpoint(host="h:1", path="/rack", scheme="http")
    assert head(endpoint, "GET", "/apps", {"A": "ä"}) == (
        "GET /rack/apps HTTP/1.1\r\nHost: h:1\r\nA: ä\r\n\r\n".encode()
    )


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\rb"])
def test_a_header_cannot_hold_another(value):
    with pytest.raises(ClientError, match=r"^command must be one line$"):
        head(Endpoint(host="h"), "GET", "/", {"Command": value})
