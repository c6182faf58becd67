"""``convox rack audit``: what it asks, and what it prints."""

import json

import pytest

from convox.cli.completion import candidates

DIGEST = "ab" * 32
ENTRY = {
    "number": 12,
    "time": "2026-01-15T12:00:00.123456Z",
    "kind": "parameter",
    "who": "convox (root@machine)",
    "text": "SoakTime from 60\nto 120",
    "detail": {"SoakTime": {"from": "60", "to": "120"}},
    "previous": DIGEST,
    "digest": DIGEST,
}
WHOLE = {"entries": 12, "head": f"12:{DIGEST}", "findings": []}
BROKEN = {
    "entries": 11,
    "head": f"12:{DIGEST}",
    "findings": [
        {"number": 3, "fault": "changed", "text": "entry 3 is not what was written"},
        {"number": 5, "fault": "removed", "text": "entry 5 is not there any more"},
    ],
}


def test_the_history_is_listed_as_the_rack_has_it(typed, peer):
    peer.answer("GET /system/audit", [ENTRY])
    ended = typed("rack audit")
    assert ended.out.splitlines() == [
        "NUMBER  TIME                  KIND       WHO                    WHAT",
        "12      2026-01-15T12:00:00Z  parameter  convox (root@machine)  SoakTime from 60 to 120",
    ]
    assert json.loads(typed("rack audit --json").out) == [ENTRY]


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("rack audit", "GET /system/audit"),
        (
            "rack audit --since 20m --kind done --limit 3",
            "GET /system/audit?since=20m&kind=done&limit=3",
        ),
        ("rack audit verify", "GET /system/audit/verify"),
        ("rack audit verify --head 7:ab", "GET /system/audit/verify?head=7%3Aab"),
    ],
)
def test_the_history_is_asked_for_as_the_flags_say(typed, peer, line, asked):
    peer.answer("GET /system/audit", [])
    peer.answer("GET /system/audit/verify", WHOLE)
    assert typed(line).status == 0
    assert peer.requests == [asked]


def test_a_whole_history_shows_its_head(typed, peer):
    peer.answer("GET /system/audit/verify", WHOLE)
    ended = typed("rack audit verify")
    assert (ended.status, ended.out) == (0, f"OK, 12 entries, head 12:{DIGEST}\n")


def test_every_fault_has_a_line_and_the_command_fails(typed, peer):
    peer.answer("GET /system/audit/verify", BROKEN)
    ended = typed("rack audit verify")
    assert (ended.status, ended.out.splitlines()) == (
        1,
        [
            "changed: entry 3 is not what was written",
            "removed: entry 5 is not there any more",
        ],
    )
    ended = typed("rack audit verify --json")
    assert (ended.status, json.loads(ended.out)) == (1, BROKEN)


def test_a_shell_completes_it():
    assert "audit" in candidates(["rack", "a"])
    assert candidates(["rack", "audit", ""]) == ["verify"]
    assert "--since" in candidates(["rack", "audit", "--"])
