"""Private keys that are of no use to whoever finds their files."""

import os
import pty
import subprocess
import sys

import pytest

from convox.feedtool.passphrases import VARIABLE

LOCKED = "BEGIN ENCRYPTED PRIVATE KEY"
PROGRAM = "import sys; from convox.feedtool.command import main; sys.exit(main())"


@pytest.fixture
def feed(typed, tmp_path, monkeypatch):
    """A feed whose offline keys are locked; the variable is empty again."""
    monkeypatch.setenv(VARIABLE, "open sesame")
    assert typed("init", tmp_path / "feed", "--keys", tmp_path / "keys")[0] == 0
    monkeypatch.setenv(VARIABLE, "")
    return tmp_path / "feed"


def at_a_terminal(words, *answers):
    """Type a command at a terminal, and what it asks for; return its status and all that it shows.

    It is waited for each question, since what is typed before is thrown away.
    """
    ours, theirs = pty.openpty()
    line = [sys.executable, "-c", PROGRAM, *map(str, words)]
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    program = subprocess.Popen(
        line, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    shown = b""
    for answer in answers:
        shown += until(ours, b": ")
        os.write(ours, f"{answer}\n".encode())
    shown += until(ours, None)
    os.close(ours)
    return program.wait(30), shown.decode()


def until(terminal, end):
    """Read to the end of a question, or of all."""
    shown = b""
    while end is None or not shown.endswith(end):
        try:
            piece = os.read(terminal, 1)
        except OSError:  # the program has ended
            break
        if not piece:
            break
        shown += piece
    return shown


def is_locked(file):
    return LOCKED in file.read_text()


def test_keys_that_lie_offline_are_locked_and_those_of_a_timer_are_not(feed, typed, tmp_path):
    keys = tmp_path / "keys"
    assert [file.stem for file in sorted(keys.glob("*.pem")) if is_locked(file)] == [
        "root",
        "targets",
    ]
    online = ("--keys", keys / "snapshot.pem", "--keys", keys / "timestamp.pem")
    assert typed("sign", feed, *online)[0] == 0


def test_nothing_is_signed_when_nobody_says_the_passphrase(feed, typed, tmp_path, monkeypatch):
    keys, file = ("--keys", tmp_path / "keys"), tmp_path / "keys" / "root.pem"
    before = (feed / "metadata" / "timestamp.json").read_bytes()
    status, text = typed("sign", feed, *keys)
    assert (status, f"{file} is locked with a passphrase; put that into {VARIABLE}" in text) == (
        1,
        True,
    )
    monkeypatch.setenv(VARIABLE, "open barley")
    status, text = typed("sign", feed, *keys)
    assert (status, f"the passphrase does not unlock {file}" in text) == (1, True)
    assert (feed / "metadata" / "timestamp.json").read_bytes() == before
    monkeypatch.setenv(VARIABLE, "open sesame")
    assert typed("sign", feed, *keys)[0] == 0


def test_a_new_key_is_locked_as_the_one_that_it_replaces(feed, typed, tmp_path, monkeypatch):
    keys, newer = tmp_path / "keys", tmp_path / "newer"
    monkeypatch.setenv(VARIABLE, "open sesame")
    assert typed("keys", "rotate", feed, "--keys", keys, "--new-keys", newer)[0] == 0
    assert is_locked(newer / "root.pem")
    assert not is_locked(newer / "timestamp.pem")
    assert typed("sign", feed, "--keys", newer)[0] == 0


def test_a_passphrase_is_asked_for_once_and_not_shown(feed, tmp_path):
    words = ("sign", feed, "--keys", tmp_path / "keys")
    status, shown = at_a_terminal(words, "open sesame")
    assert (status, f"Signed feed {feed}" in shown, "sesame" in shown) == (0, True, False)
    status, shown = at_a_terminal(words, "open barley")
    assert (status, "the passphrase does not unlock" in shown) == (1, True)


def test_a_new_key_is_locked_at_a_terminal_where_a_passphrase_is_typed(tmp_path):
    words = ("keys", "new", tmp_path, "anna")
    status, shown = at_a_terminal(words, "one", "two")
    assert (status, "the two passphrases differ" in shown) == (1, True)
    assert not (tmp_path / "anna.pem").exists()
    assert at_a_terminal(words, "one", "one")[0] == 0
    assert is_locked(tmp_path / "anna.pem")
    assert at_a_terminal(("keys", "new", tmp_path, "bert"), "")[0] == 0
    assert not is_locked(tmp_path / "bert.pem")
