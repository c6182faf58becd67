"""``convox completion``: what makes a shell complete commands and flags."""

from convox.cli import shells
from convox.cli.call import Call
from convox.cli.command import HELP
from convox.cli.errors import CommandError
from convox.cli.table import COMMANDS


def script(call: Call) -> None:
    shell = call.arguments[0]
    if shell not in shells.SHELLS:
        known = ", ".join(shells.SHELLS)
        raise CommandError(f"no completion for {shell}: there is one for {known}")
    call.out.write(shells.script(shell, "convox"))


def candidates(words: list[str]) -> list[str]:
    """Return what the last of the words may become, the others standing before it."""
    *before, begun = words or [""]
    typed = [word for word in before if not word.startswith("-")]
    if begun.startswith("-"):
        name = _command(typed)
        flags = (*COMMANDS[name].flags, HELP) if name else (HELP,)
        found = [f"--{flag.name}" for flag in flags]
    else:
        split = [name.split() for name in COMMANDS]
        place = len(before)
        found = [name[place] for name in split if name[:place] == before and len(name) > place]
    return sorted({each for each in found if each.startswith(begun)})


def _command(typed: list[str]) -> str:
    """Return the longest command that the words begin with, blank for none."""
    names = (" ".join(typed[:count]) for count in range(len(typed), 0, -1))
    return next((name for name in names if name in COMMANDS), "")
