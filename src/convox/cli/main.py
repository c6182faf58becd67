"""The command ``convox``: find the command, read its flags, run it, say what went wrong."""

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from convox import __version__
from convox.cli.call import Call
from convox.cli.command import HELP
from convox.cli.errors import CommandError
from convox.cli.grammar import check_count, parse
from convox.cli.machine import Machine, is_terminal
from convox.cli.output import Output
from convox.cli.selection import is_of_this_machine
from convox.cli.table import COMMANDS
from convox.client.errors import Answered, ClientError, Unreachable, Untrusted

_INTERRUPTED = 130  # as a shell counts it: 128 and the signal's number
_CUT_OFF = 141
_CLOSE = 0.8  # of 1, from which on a word is taken for a slip of another
_LONGEST = 3  # words that a command has at most


def main() -> None:
    """Run the command that was typed, and end this program with its status."""
    status = run(sys.argv[1:], Machine.here())
    # Nothing is left to tidy up, and tidying up would be a tenth of a command's time.
    os._exit(status)


def run(words: Sequence[str], machine: Machine) -> int:
    """Run the command that these words name and return its exit status."""
    live = is_terminal(machine.stdout)
    colour = live and not machine.variable("NO_COLOR")
    out = Output(machine.stdout, machine.stderr, live=live, colour=colour)
    try:
        return _run(list(words), machine, out)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # whoever read along has enough
        return _CUT_OFF
    except (CommandError, ClientError, OSError) as error:
        out.error(str(error))
    return 1


def _run(words: list[str], machine: Machine, out: Output) -> int:
    if not words or words in (["--help"], ["-h"]):
        words = ["help"]
    if words[0] in ("-v", "--version"):
        out.line(__version__)
        return 0
    if words[0] == "__complete":
        return _complete(words[1:], out)
    name = _find(words)
    command, rest = COMMANDS[name], words[len(name.split()) :]
    given = parse((*command.flags, HELP), rest)
    out.as_json = bool(given.flags.get("json"))
    call = Call(given, machine, out)
    if given.flags.get("help"):
        from convox.cli.help import describe

        describe(out, name, command)
        return _perform(command.more, call) if command.more else 0
    check_count(given.arguments, command.least, command.most)
    return _perform(command.place, call)


def _perform(place: str, call: Call) -> int:
    module, _, function = place.partition(":")
    act: Callable[[Call], int | None] = getattr(import_module(f"convox.cli.{module}"), function)
    try:
        return act(call) or 0
    except (Unreachable, Untrusted, Answered) as error:
        raise CommandError(_explain(error, call)) from error


def _find(words: Sequence[str]) -> str:
    """Return the longest command that the words begin with."""
    for count in range(min(_LONGEST, len(words)), 0, -1):
        name = " ".join(words[:count])
        if name in COMMANDS:
            if COMMANDS[name].most == 0 and _is_word(words[count : count + 1]):
                raise CommandError(_too_much(name, words[count]))
            return name
    raise CommandError(_unknown(words))


def _is_word(words: Sequence[str]) -> bool:
    return bool(words) and not words[0].startswith("-")


def _too_much(name: str, word: str) -> str:
    """Return what is wrong with a word behind a command that takes no argument."""
    if any(longer.startswith(f"{name} ") for longer in COMMANDS):
        return _unknown([*name.split(), word])
    return f"cannot take {word!r}: `convox {name}` takes no argument"


def _unknown(words: Sequence[str]) -> str:
    from difflib import get_close_matches

    typed = " ".join(word for word in words[:_LONGEST] if not word.startswith("-"))
    close = get_close_matches(typed, COMMANDS, n=1, cutoff=_CLOSE)
    about = f" {words[0]}" if words[0] in COMMANDS else ""
    meant = f"did you mean `convox {close[0]}`?" if close else f"`convox help{about}` lists them"
    return f"no such command: {typed}; {meant}"


def _explain(error: ClientError, call: Call) -> str:
    """Return the error with what to do about it, where we know that."""
    if call.chosen_rack is None:
        return str(error)
    endpoint = call.chosen_rack.endpoint
    name, host = endpoint.rack, endpoint.host
    who = f"rack {name}" if name else "the rack"
    if isinstance(error, Answered):
        is_login = error.status == 401
        return f"{error}: log in with `convox login {host}`" if is_login else str(error)
    if isinstance(error, Untrusted):
        if not endpoint.certificate:
            return f"cannot trust {host}: {error}; pin its certificate with `convox login {host}`"
        path = call.settings.certificate_path(host)
        return (
            f"cannot trust {host}: it shows another certificate than before; where that is right,"
            f" remove {path} and log in again"
        )
    if is_of_this_machine(call.machine, name):
        return f"{who} does not answer at {host}: start it with `convox rack start {name}`"
    return f"{who} does not answer at {host}: {error}"


def _complete(words: list[str], out: Output) -> int:
    from convox.cli.completion import candidates

    for word in candidates(words):
        out.line(word)
    return 0
