"""``convox help``: what commands there are, and what each takes."""

from collections.abc import Sequence

from convox.cli.call import Call
from convox.cli.command import HELP, Command
from convox.cli.errors import CommandError
from convox.cli.output import Output
from convox.cli.table import COMMANDS


def index(call: Call) -> None:
    beginning = " ".join(call.arguments)
    found = [name for name in sorted(COMMANDS) if f"{name} ".startswith(f"{beginning} ".lstrip())]
    if not found:
        raise CommandError(f"no such command: {beginning}; `convox help` lists them")
    if beginning in COMMANDS:
        describe(call.out, beginning, COMMANDS[beginning])
        found.remove(beginning)
        call.out.write("\n" if found else "")
    _list(call.out, found)


def _list(out: Output, names: Sequence[str]) -> None:
    widest = max(map(len, names), default=0)
    for name in names:
        out.line(f"{name:{widest}}  {COMMANDS[name].text}")


def describe(out: Output, name: str, command: Command) -> None:
    """Print how a command is used."""
    out.line(f"USAGE\n  convox {name} {command.usage}".rstrip())
    out.line(f"\nDESCRIPTION\n  {command.text}\n\nOPTIONS")
    flags = sorted((*command.flags, HELP), key=lambda flag: flag.name)
    typed = {flag: _typed(flag.name, flag.kind) for flag in flags}
    widest = max(map(len, typed.values()))
    for flag in flags:
        letter = f"-{flag.letter}," if flag.letter else "   "
        out.line(f"  {letter} {typed[flag]:{widest}}  {flag.text}")


def _typed(name: str, kind: str) -> str:
    return f"--{name}" if kind == "switch" else f"--{name} {kind}"
