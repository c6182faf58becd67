"""``convox help``: what commands there are, and what each takes."""

from convox.cli.call import Call
from convox.cli.output import Output
from convox.cli.table import COMMANDS, HELP, Command


def index(call: Call) -> None:
    list_commands(call.out)


def list_commands(out: Output) -> None:
    """Print every command and what it is for."""
    widest = max(map(len, COMMANDS))
    for name, command in sorted(COMMANDS.items()):
        out.line(f"{name:{widest}}  {command.text}")


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
