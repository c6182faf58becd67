"""``convox notifications`` against a peer that answers for a rack."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

PATH = "/system/notifications"
MADE = {
    "time": "",
    "notice": "0123",
    "kind": "done",
    "version": "20260201000000",
    "receiver": "webhook",
    "result": "delivered",
    "status": 204,
    "error": "",
    "due": None,
}
MISSED = {
    **MADE,
    "result": "missed",
    "status": 503,
    "error": "HTTP 503: closed",
    "due": "2026-02-01T03:04:05.678Z",
}
RECEIVER = {
    "name": "webhook",
    "form": "webhook",
    "address": "https://example.com/***",
    "kinds": ["done", "failed"],
    "latest": MADE,
}
CHAT = {**RECEIVER, "name": "ops", "form": "chat", "kinds": [], "latest": MISSED}


@pytest.fixture(autouse=True)
def _three_minutes_ago() -> None:
    """Set the time when a test begins: a run may take minutes to come to it."""
    for made in (MADE, MISSED):
        made["time"] = (datetime.now(UTC) - timedelta(minutes=3)).isoformat()


def test_receivers_are_listed_with_what_came_of_them_last(typed, peer):
    peer.answer(f"GET {PATH}", [RECEIVER, CHAT])
    assert typed("notifications").out == (
        "NAME     FORM     ADDRESS                  KINDS         LATEST\n"
        "webhook  webhook  https://example.com/***  done, failed  done delivered 3 minutes ago\n"
        "ops      chat     https://example.com/***  all           "
        "done missed 3 minutes ago: HTTP 503: closed\n"
    )
    assert json.loads(typed("notifications --json").out) == [RECEIVER, CHAT]


def test_a_secret_that_the_rack_made_is_shown_once(typed, peer):
    peer.answer(f"POST {PATH}", {**RECEIVER, "secret": "whsec_AAAA"})
    out = typed("notifications add webhook https://example.com/x --kind done -k failed").out
    assert out == (
        "Adding receiver... OK, webhook; try it with `convox notifications test webhook`\n"
        "Secret, not shown again: whsec_AAAA\n"
    )
    assert peer.requests == [
        f"POST {PATH} form=webhook address=https://example.com/x kinds=done,failed"
    ]


def test_a_secret_of_ones_own_is_not_shown(typed, peer):
    peer.answer(f"POST {PATH}", {**RECEIVER, "secret": "sixteen-letters-"})
    out = typed("notifications add webhook https://example.com/x --secret sixteen-letters-").out
    assert "sixteen" not in out


@pytest.mark.parametrize(
    ("line", "stdin", "form"),
    [
        (
            "webhook https://example.com/x --secret -",
            b"sixteen-letters-\nmore\n",
            "form=webhook address=https://example.com/x secret=sixteen-letters-",
        ),
        (
            "webhook - --secret -",
            b"https://example.com/x\r\nsixteen-letters-",
            "form=webhook address=https://example.com/x secret=sixteen-letters-",
        ),
        ("chat -", b"https://example.com/T0K3N\n", "form=chat address=https://example.com/T0K3N"),
        (
            "mail ann@example.com --server -",
            b"smtp://a:b@host\n",
            "form=mail address=ann@example.com server=smtp://a:b@host",
        ),
    ],
)
def test_what_nobody_else_is_to_see_is_read_from_standard_input(typed, peer, line, stdin, form):
    peer.answer(f"POST {PATH}", {**CHAT, "secret": "sixteen-letters-"})
    ended = typed(f"notifications add {line}", stdin=stdin)
    assert (ended.status, ended.err) == (0, "")
    assert peer.requests == [f"POST {PATH} {form}"]
    assert not re.search("sixteen|T0K3N|smtp", ended.out)


def test_a_secret_that_was_to_be_read_and_is_not_there_is_not_made_instead(typed, peer):
    ended = typed("notifications add webhook https://example.com/x --secret -")
    assert ended.err == "ERROR: cannot read the secret: standard input has no line for it\n"
    assert peer.requests == []


@pytest.mark.parametrize(
    ("line", "form"),
    [
        (
            "chat https://example.com/x --name ops",
            "form=chat address=https://example.com/x name=ops",
        ),
        (
            "mail ann@example.com --server smtp://a:b@host",
            "form=mail address=ann@example.com server=smtp://a:b@host",
        ),
    ],
)
def test_others_are_added_with_what_they_need(typed, peer, line, form):
    peer.answer(f"POST {PATH}", {**CHAT, "secret": ""})
    assert typed(f"notifications add {line}").out.startswith("Adding receiver... OK, ops")
    assert peer.requests == [f"POST {PATH} {form}"]


def test_a_test_says_what_came_of_it(typed, peer):
    peer.answer(f"POST {PATH}/webhook/test", MADE, {**MISSED, "result": "given up"})
    assert typed("notifications test webhook").out == "Testing webhook... OK, 204\n"
    ended = typed("notifications test webhook")
    assert ended.status == 1
    assert ended.err == (
        "ERROR: cannot tell webhook: HTTP 503: closed;"
        " mend that, or add it anew with what it takes\n"
    )


def test_attempts_are_listed_with_what_came_of_each(typed, peer):
    peer.answer(f"GET {PATH}/deliveries", [MISSED])
    assert typed("notifications deliveries --limit 5").out == (
        "WHEN           RECEIVER  KIND  VERSION         RESULT  STATUS  "
        "NEXT                  ERROR\n"
        "3 minutes ago  webhook   done  20260201000000  missed  503     2026-02-01T03:04:05Z  "
        "HTTP 503: closed\n"
    )
    assert peer.requests == [f"GET {PATH}/deliveries?limit=5"]


def test_a_receiver_is_removed(typed, peer):
    peer.answer(f"DELETE {PATH}/ops", "")
    assert typed("notifications remove ops").out == "Removing receiver... OK\n"
