"""What a person may give for a receiver, and what they are told where it cannot be."""

import pytest

from convox.errors import InvalidInput
from convox.notices import reading
from convox.notices.notice import NoticeKind
from convox.notices.receiver import Receiver, ReceiverForm

HOOK = "https://example.com/hooks/T0K3N?key=K3Y5"


@pytest.mark.parametrize(
    "url", [HOOK, "http://127.0.0.1:8080", "https://[::1]:8443/x", "http://my_hook.lan./x"]
)
def test_a_url_is_taken_as_it_is(url):
    assert reading.read_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "ftp://example.com/",
        "https://",
        "https://exa mple.com/",
        "https://example.com/\r\nHost: other",
        "https://example.com:port/",
        "https://exämple.com/",
        "https://example.com/" + "x" * 2000,
        "https://[::1/",
        "https://example..com/",
        f"https://{'x' * 64}.com/",
    ],
)
def test_what_is_no_url_is_refused_with_an_example(url):
    with pytest.raises(InvalidInput, match="give one as https://host/path"):
        reading.read_url(url)


def test_a_url_with_a_login_is_refused():
    with pytest.raises(InvalidInput, match="the signature says who sends"):
        reading.read_url("https://ann:secret@example.com/")


def test_discord_is_reached_where_it_takes_the_common_form():
    url = "https://discord.com/api/webhooks/123/a-B_c"
    assert reading.read_chat_url(url) == f"{url}/slack"
    assert reading.read_chat_url(f"{url}/slack") == f"{url}/slack"
    assert reading.read_chat_url(HOOK) == HOOK


@pytest.mark.parametrize(
    "address", ["ann", "ann@", "a b@example.com", "ann@example.com\nBcc: x@y.z", "ann@example..com"]
)
def test_what_is_no_mail_address_is_refused(address):
    with pytest.raises(InvalidInput, match=r"give one as name@example\.com"):
        reading.read_mail_address(address)


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ("mail.example.com", "smtp://user:password@host:587"),
        ("", "smtp://user:password@host:587"),
        ("smtp+plain://ann%40example.com:pw@mail.example.com", "shows a password"),
        ("smtp://mail.example.com", r"add \?from=name@example.com"),
        ("smtp://ann:pw@mail.example.com", r"add \?from=name@example.com"),
        ("smtp://ann%40example.com:p%C3%A4@mail.example.com", "use ASCII"),
    ],
)
def test_a_mail_server_that_cannot_be_used_is_refused(server, reason):
    with pytest.raises(InvalidInput, match=reason):
        reading.read_server(server)


def test_kinds_are_named_and_all_is_all():
    assert reading.read_kinds(["done", "needs-you"]) == {NoticeKind.DONE, NoticeKind.NEEDS_YOU}
    assert reading.read_kinds([]) == reading.read_kinds(["done", "all"]) == frozenset()
    with pytest.raises(InvalidInput, match="there is no kind 'test'; the kinds are all, available"):
        reading.read_kinds(["test"])


def test_a_receiver_is_called_by_its_form_unless_it_has_a_name():
    webhook = ReceiverForm.WEBHOOK
    assert reading.read_name("", webhook, []) == "webhook"
    assert reading.read_name("", webhook, ["webhook", "webhook-2"]) == "webhook-3"
    assert reading.read_name("ops", webhook, []) == "ops"
    with pytest.raises(InvalidInput, match="use small letters, digits, dashes, dots"):
        reading.read_name("The Ops", webhook, [])


def test_a_secret_that_can_be_guessed_is_refused():
    assert reading.read_secret("s" * 16) == "s" * 16
    with pytest.raises(InvalidInput, match="16 to 200 signs"):
        reading.read_secret("short")


def test_what_is_shown_of_a_receiver_lets_nobody_send():
    hook = Receiver(name="ops", form=ReceiverForm.WEBHOOK, address=HOOK, secret="s" * 16)
    server = "smtp://ann%40example.com:p%23w@mail.example.com:587"
    mail = Receiver(name="ann", form=ReceiverForm.MAIL, address="ann@example.com", server=server)
    assert hook.shown == "https://example.com/***"
    assert mail.shown == "ann@example.com by smtp://mail.example.com:587"
    assert (
        hook.masked(f"no hooks/T0K3N, no K3Y5? key=K3Y5 {'s' * 16}") == "no ***, no K3Y5? *** ***"
    )
    slack = Receiver(
        name="slack", form=ReceiverForm.CHAT, address="https://hooks.slack.com/services/T1/T0KEN99"
    )
    assert slack.masked("no T0KEN99 of T1") == "no *** of T1"
    assert mail.masked("p#w and p%23w") == "*** and ***"
    assert "T0K3N" not in repr(hook)
    assert "p%23w" not in repr(mail)
