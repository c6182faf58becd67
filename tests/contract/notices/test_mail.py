"""Notices by mail, given to a real server."""

import asyncio
import socket
import threading
from datetime import UTC, datetime

import pytest
from tests.contract.notices.mailbox import PASSWORD, Certificate, Mailbox, certificate, serving

from convox.notices import reading
from convox.notices.delivery import Answer
from convox.notices.notice import NoticeKind, compose
from convox.notices.receiver import Receiver, ReceiverForm
from convox.notices.sending import send

LOGIN = "ann%40example.com:p%23w%3A1"
NOTICE = compose(
    kind=NoticeKind.UNDONE,
    time=datetime(2026, 2, 1, 3, 4, 5, tzinfo=UTC),
    rack="dev",
    version="20260201000000",
    text="the update to 20260201000000 is undone: größer\nals gedacht",
    detail={"update": "U1", "cause": "größer", "way_out": ""},
)


@pytest.fixture
def certified(tmp_path) -> Certificate:
    return certificate(tmp_path)


@pytest.fixture
def trusted(certified, monkeypatch) -> Certificate:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified.file))
    return certified


def mailed(server: str, limit: float = 5.0) -> Answer:
    receiver = Receiver(
        name="bob",
        form=ReceiverForm.MAIL,
        address="bob@example.com",
        server=reading.read_server(server),
    )
    return asyncio.run(send(receiver, NOTICE, now=NOTICE.time, limit=limit))


def asks_for_login(mailbox: Mailbox, certified: Certificate):
    return serving(
        mailbox,
        tls_context=certified.context(),
        require_starttls=True,
        authenticator=mailbox.check,
        auth_required=True,
    )


def test_a_mail_says_all_of_a_notice(trusted):
    box = Mailbox()
    with asks_for_login(box, trusted) as port:
        assert mailed(f"smtp://{LOGIN}@127.0.0.1:{port}") == Answer(status=250)
    [mail] = box.mails
    assert (box.sessions, box.logins) == ([True], ["ann@example.com"])
    assert (mail["From"], mail["To"]) == ("ann@example.com", "bob@example.com")
    assert mail["Subject"] == (
        "rack dev: the update to 20260201000000 is undone: größer als gedacht"
    )
    assert mail["Message-ID"] == f"<{NOTICE.id}@rack.invalid>"
    assert mail.get_content().split("\r\n\r\n")[1].splitlines() == [
        "Rack: dev",
        "Version: 20260201000000",
        "Kind: undone",
        "Time: 2026-02-01 03:04:05 UTC",
        "Update: U1",
        "Cause: größer",
    ]


def test_a_wrong_password_is_said_and_not_shown(trusted):
    box = Mailbox()
    with asks_for_login(box, trusted) as port:
        answer = mailed(f"smtp://ann%40example.com:wr0ng@127.0.0.1:{port}")
    assert (answer.status, "wr0ng" in answer.error) == (535, False)
    assert answer.error.startswith("SMTP 535: ")
    assert box.mails == []


def test_a_server_may_speak_tls_from_the_first_byte(trusted):
    box = Mailbox()
    with serving(box, ssl_context=trusted.context()) as port:
        assert mailed(f"smtps://127.0.0.1:{port}?from=rack@example.com").error == ""
    assert box.mails[0]["From"] == "rack@example.com"


def test_nothing_goes_to_a_server_that_nobody_vouches_for(certified):
    box = Mailbox()
    with asks_for_login(box, certified) as port:
        answer = mailed(f"smtp://{LOGIN}@127.0.0.1:{port}")
    assert "certificate verify failed" in answer.error
    assert (box.logins, box.mails) == ([], [])


def test_there_is_no_falling_back_to_less(trusted):
    box = Mailbox()
    with serving(box) as port:
        answer = mailed(f"smtp://{LOGIN}@127.0.0.1:{port}")
        assert "it has no STARTTLS" in answer.error
        assert PASSWORD not in answer.error
        assert box.mails == []
        plain = mailed(f"smtp+plain://127.0.0.1:{port}?from=rack@example.com")
    assert (plain, box.sessions) == (Answer(status=250), [False])


def test_a_refused_recipient_is_said():
    box = Mailbox(refuses="550 no such mailbox here")
    with serving(box) as port:
        answer = mailed(f"smtp+plain://127.0.0.1:{port}?from=rack@example.com")
    assert answer == Answer(status=550, error="SMTP 550: no such mailbox here")


def test_a_server_that_says_nothing_or_drips_is_hung_up_on():
    for said in (b"", b"2"):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = f"smtp+plain://127.0.0.1:{listener.getsockname()[1]}?from=rack@example.com"
            drips = threading.Thread(target=_drip, args=(listener, said), daemon=True)
            drips.start()
            assert mailed(server, limit=0.5).error == "no answer in 0.5 s"
            drips.join(5)
            assert not drips.is_alive()


def test_nobody_at_home_is_a_miss():
    answer = mailed("smtp+plain://127.0.0.1:1?from=rack@example.com")
    assert "refused" in answer.error


def _drip(listener: socket.socket, said: bytes) -> None:
    """Send a byte now and then until the other side has gone."""
    line, _ = listener.accept()
    line.settimeout(0.1)
    while True:
        try:
            line.sendall(said)
            if line.recv(100) == b"":
                return
        except TimeoutError:
            pass
        except OSError:
            return
