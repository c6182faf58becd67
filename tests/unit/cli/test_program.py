"""The command as a program: in a terminal, in a pipe, interrupted, completed by a shell."""

import os
import pty
import signal
import subprocess
import sys
import termios
import threading

import pytest

from convox.cli.command import HELP
from convox.cli.completion import candidates
from convox.cli.main import run
from convox.cli.table import COMMANDS

MARKER = b"F1E49A85-0AD7-4AEF-A618-C249C6E6568D:"


@pytest.fixture
def program(peer, tmp_path):
    """Return what starts the command as a program of its own."""
    environment = {"RACK_URL": peer.url, "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}

    def start(line, **options):
        command = [sys.executable, "-m", "convox.cli", *line.split()]
        return subprocess.Popen(command, cwd=tmp_path, env=environment, **options)

    return start


def in_terminal(program, line, typed=b""):
    """Run a command in a terminal of 24 lines and 80 columns; return its status and output.

    What is typed comes after the command's first word.
    """
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    process = program(line, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    found = os.read(ours, 4096)
    os.write(ours, typed)
    try:
        while piece := os.read(ours, 4096):
            found += piece
    except OSError:  # how the end of a terminal reads
        pass
    os.close(ours)
    return process.wait(), found.decode().replace("\r\n", "\n")


def test_secrets_are_masked_on_a_terminal_unless_they_are_asked_for(program, peer):
    peer.answer("GET /system", {"parameters": {"Password": "hidden"}})
    _, masked = in_terminal(program, "rack params")
    _, revealed = in_terminal(program, "rack params --reveal")
    assert ("**********" in masked, "hidden" in masked) == (True, False)
    assert "hidden" in revealed


def test_words_are_coloured_on_a_terminal(program, peer):
    peer.answer("DELETE /instances/i-1", "ok")
    status, out = in_terminal(program, "instances terminate i-1")
    assert (status, out) == (0, "Terminating instance... \x1b[38;5;46mOK\x1b[0m\n")


def test_keys_go_to_the_command_as_they_are_pressed(program, peer):
    def echo(socket):
        socket.send(1, b"ready ")
        socket.send(1, b"<" + socket.receive()[1] + b">")
        socket.send(1, MARKER + b"5\n")
        socket.send(2, b"")

    peer.streams["/apps/app1/processes/p/exec"] = echo
    status, out = in_terminal(program, "exec -a app1 p sh", typed=b"\x03")
    assert status == 5
    assert "<\x03>" in out
    sent = peer.heads[0]
    assert (sent["Height"], sent["Width"], "Tty" in sent) == ("24", "80", False)


def test_an_interrupt_ends_a_command_quietly(program, peer):
    reached, gone = threading.Event(), threading.Event()

    def hang(socket):
        socket.send(1, b"first\n")
        reached.set()
        gone.wait(60)

    peer.streams["/system/logs"] = hang
    # A shell starts what it puts in the background deaf to interrupts, and so are its children.
    listen = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = program("rack logs", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    signal.signal(signal.SIGINT, listen)
    assert process.stdout.readline() == b"first\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    gone.set()
    assert (process.returncode, out, err) == (130, b"", b"")


def test_a_reader_that_has_enough_ends_a_command_quietly(program, peer):
    peer.stream("/system/logs", *[b"line\n" * 10000] * 20)
    process = program("rack logs", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 141
    process.stderr.close()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_loaded_and_explains_itself(convox, name):
    from importlib import import_module

    module, _, function = COMMANDS[name].place.partition(":")
    assert callable(getattr(import_module(f"convox.cli.{module}"), function))
    ended = convox(*name.split(), "--help")
    assert ended.status == 0
    assert ended.out.startswith(f"USAGE\n  convox {name}")
    assert all(f"--{flag.name}" in ended.out for flag in COMMANDS[name].flags)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_two_flags_of_a_command_have_one_name(name):
    flags = (*COMMANDS[name].flags, HELP)
    letters = [flag.letter for flag in flags if flag.letter]
    assert len(letters) == len(set(letters))
    assert len(flags) == len({flag.name for flag in flags})


@pytest.mark.parametrize("words", ["", "help", "--help", "-h"])
def test_help_lists_every_command(convox, words):
    out = convox(*words.split()).out
    assert [line for line in out.splitlines() if line.startswith("rack update ")]
    assert len(out.splitlines()) == len(COMMANDS)


def test_help_of_a_word_describes_it_and_lists_what_begins_with_it(convox):
    out = convox("help", "builds").out
    assert out.startswith("USAGE\n  convox builds\n")
    assert out.splitlines()[-2:] == ["builds info  show a build", "builds logs  show a build's log"]
    assert convox("help", "builds", "info").out == convox("builds", "info", "--help").out
    group = convox("help", "api").out
    assert group == "api get  get a path of the rack's API\n"
    assert convox("help", "nope").err == (
        "ERROR: no such command: nope; `convox help` lists them\n"
    )


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("rack udpate", "did you mean `convox rack update`?"),
        ("deplyo", "did you mean `convox deploy`?"),
        ("apps list", "`convox help apps` lists them"),
        ("nope", "`convox help` lists them"),
    ],
)
def test_an_unknown_command_leads_to_a_known_one(convox, words, meant):
    assert convox(*words.split()).err == f"ERROR: no such command: {words}; {meant}\n"


def test_a_command_that_takes_no_argument_says_so(convox):
    assert convox("rack", "update", "pause", "extra").err == (
        "ERROR: cannot take 'extra': `convox rack update pause` takes no argument\n"
    )


def test_the_version_is_told_first_thing(convox):
    assert convox("--version").out.strip().isdigit()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["rac"], ["rack", "racks"]),
        (["rack", "up"], ["update"]),
        (["rack", "params", ""], ["set"]),
        (["rack", "update", "--th"], ["--through"]),
        (["ps", "-a", "x", "--rel"], ["--release"]),
        (["nope", ""], []),
    ],
)
def test_what_may_come_next_is_known(words, found):
    assert candidates(words) == found


def test_bash_completes_by_asking_the_command(convox, tmp_path):
    script = convox("completion", "bash").out
    command = tmp_path / "convox"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m convox.cli "$@"\n')
    command.chmod(0o755)
    test = (
        f'{script}\nCOMP_WORDS=(convox rack rel) COMP_CWORD=2\n_convox\necho "${{COMPREPLY[@]}}"\n'
    )
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-c", test], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "releases\n"


def test_there_is_no_completion_for_a_shell_we_do_not_know(convox):
    assert convox("completion", "csh").status == 1


def test_nothing_slow_is_loaded_by_a_command_that_asks_a_rack(program, peer):
    peer.answer("GET /system", {"name": "dev"})
    code = (
        "import os, sys; os._exit = lambda status: print(*sys.modules);"
        "sys.argv = ['convox', 'rack']; from convox.cli.main import main; main()"
    )
    environment = {"RACK_URL": peer.url, "PATH": "/usr/bin:/bin"}
    out = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    loaded = set(out.split())
    slow = {"asyncio", "argparse", "pathlib", "dataclasses", "http.client", "urllib.parse", "email"}
    assert "convox.cli.rack" in loaded
    assert loaded & slow == set()
    assert callable(run)
