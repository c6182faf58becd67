"""What nobody else is to see: a word of a command line is shown in the list of programs."""

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.machine import is_terminal

_ELSEWHERE = "-"


def unseen(call: Call, word: str | None, what: str) -> str | None:
    """Return a word as typed; ``-`` stands for a line of standard input, or typed unseen."""
    if word != _ELSEWHERE:
        return word
    line = prompt(what) if is_terminal(call.machine.stdin) else _next_line(call, what)
    if not line:
        raise CommandError(f"cannot read the {what}: standard input has no line for it")
    return line


def prompt(what: str) -> str:
    """Ask a person at the terminal."""
    import getpass

    return getpass.getpass(f"{what.capitalize()}: ")


def _next_line(call: Call, what: str) -> str:
    try:
        return call.machine.stdin.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise CommandError(f"cannot read the {what}: it is no text") from error
