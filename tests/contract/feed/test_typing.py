"""Words that were mistyped, and those that a shell completes."""

import subprocess
import sys

import pytest

from convox.feedtool.command import main


@pytest.fixture
def typed(capsys):
    """Type a command line; return its exit status and what it said."""

    def run(*words):
        status = main([*words])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("inti feed", "no such command: inti; did you mean `convox-feed init`?"),
        ("keys rotat feed", "no such command: keys rotat; did you mean `convox-feed keys rotate`?"),
        ("frobnicate", "no such command: frobnicate; `convox-feed -h` lists them"),
        ("keys frobnicate", "no such command: keys frobnicate; `convox-feed keys -h` lists them"),
    ],
)
def test_a_command_that_was_mistyped_is_named(typed, line, said):
    assert typed(*line.split()) == (2, f"ERROR: {said}\n")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["pu"], ["publish"]),
        (["keys", "r"], ["remove", "rotate"]),
        (["keys", "rotate", "feed", "--ne"], ["--new-keys"]),
        (["list", "fe"], []),
        (["check", "list", ""], []),
    ],
)
def test_a_shell_is_told_what_a_word_may_become(typed, words, found):
    assert typed("__complete", *words) == (0, "".join(f"{each}\n" for each in found))


def test_bash_completes_by_asking_the_command(typed, tmp_path):
    script = typed("completion", "bash")[1]
    command = tmp_path / "convox-feed"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m convox.feedtool "$@"\n')
    command.chmod(0o755)
    test = (
        f"{script}\nCOMP_WORDS=(convox-feed keys rot) COMP_CWORD=2\n_convox_feed\n"
        'echo "${COMPREPLY[@]}"\n'
    )
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-c", test], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "rotate\n"
