"""A receiver that only a proxy can reach."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tests.contract.notices.mailbox import certificate
from tests.contract.notices.servers import Hook, listening

from convox.notices.delivery import Answer
from convox.notices.notice import NoticeKind, compose
from convox.notices.receiver import Receiver, ReceiverForm
from convox.notices.sending import send

NOW = datetime(2026, 2, 1, tzinfo=UTC)
NOTICE = compose(kind=NoticeKind.DONE, time=NOW, rack="dev", version="2", text="done")


@pytest.fixture(autouse=True)
def environment(monkeypatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def sent(url: str) -> Answer:
    receiver = Receiver(name="ops", form=ReceiverForm.WEBHOOK, address=url, secret="s" * 16)
    return asyncio.run(send(receiver, NOTICE, now=NOW, limit=5.0))


def port_of(hook: Hook) -> int:
    return int(hook.url.split(":")[2].partition("/")[0])


@contextlib.contextmanager
def leading_to(hook: Hook, answer: bytes = b"HTTP/1.1 200 OK") -> Iterator[tuple[int, list[str]]]:
    """Run a proxy that leads whoever connects to the hook; yield its port, and what it is told."""
    told: list[str] = []

    def serve(listener: socket.socket) -> None:
        near, _ = listener.accept()
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += near.recv(1)
        told.extend(head.decode().splitlines()[:-1])
        near.sendall(answer + b"\r\n\r\n")
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port_of(hook))) as far,
        ):
            back = threading.Thread(target=pump, args=(far, near), daemon=True)
            back.start()
            pump(near, far)
            back.join(5)
        near.close()

    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1], told


def test_a_secure_webhook_is_reached_through_a_proxy_that_sees_nothing(tmp_path, monkeypatch):
    certified = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certified.file))
    with listening(Hook(), tls=certified.context()) as hook, leading_to(hook) as (port, told):
        monkeypatch.setenv("HTTPS_PROXY", f"http://ann:p%23w@127.0.0.1:{port}")
        assert sent("https://hook.test/x") == Answer(status=200)
    assert told[0] == "CONNECT hook.test:443 HTTP/1.1"
    assert "proxy-authorization: Basic YW5uOnAjdw==" in told
    assert hook.got[0].path == "/x"
    assert "proxy-authorization" not in hook.got[0].headers


def test_a_proxy_that_refuses_is_named(monkeypatch):
    with listening(Hook()) as hook, leading_to(hook, b"HTTP/1.1 403 Not That One") as (port, _):
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{port}")
        assert sent("https://hook.test/x").error == "the proxy says HTTP/1.1 403 Not That One"
    assert hook.got == []


def test_a_proxy_is_told_where_a_plain_request_goes(hook, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port_of(hook)}")
    assert sent("http://hook.test:8080/x?y=z").error == ""
    assert hook.got[0].path == "http://hook.test:8080/x?y=z"
    assert hook.got[0].headers["host"] == "hook.test:8080"


def test_this_machine_and_what_is_excepted_are_reached_without_one(hook, other, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port_of(other)}")
    assert sent(hook.url).error == ""
    assert (len(hook.got), len(other.got)) == (1, 0)
    monkeypatch.setenv("no_proxy", "hook.test")
    assert sent("http://hook.test/x").error != ""
    assert other.got == []


def test_a_proxy_of_another_kind_is_refused(monkeypatch):
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1080")
    assert "a proxy that is reached by socks5:// is none here" in sent("https://hook.test/").error
