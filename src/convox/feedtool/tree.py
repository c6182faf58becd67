"""The commands of the grammar as a tree, to find what was meant and what may come next."""

import argparse
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from convox.errors import NotFound

_CLOSE = 0.7  # of 1, from which on a word is taken for a slip of another

Parser = argparse.ArgumentParser


def check_known(top: Parser, words: Sequence[str]) -> None:
    """Refuse a command that there is none of, and name the one that may be meant."""
    parser, rest = _follow(top, words)
    commands = _commands(parser)
    if not (commands and rest) or rest[0].startswith("-"):
        return
    typed = " ".join([*words[: len(words) - len(rest)], rest[0]])
    close = get_close_matches(rest[0], commands, n=1, cutoff=_CLOSE)
    meant = (
        f"did you mean `{parser.prog} {close[0]}`?" if close else f"`{parser.prog} -h` lists them"
    )
    raise NotFound(f"no such command: {typed}; {meant}")


def candidates(top: Parser, words: Sequence[str]) -> Sequence[str]:
    """Return what the last of the words may become, the others standing before it."""
    *before, begun = words or [""]
    parser, rest = _follow(top, before)
    if begun.startswith("-"):
        found = [name for action in parser._actions for name in action.option_strings]  # noqa: SLF001 - argparse tells it nowhere else
        return sorted(name for name in found if name.startswith(begun) and name[:2] == "--")
    return sorted(name for name in _commands(parser) if not rest and name.startswith(begun))


def _follow(top: Parser, words: Sequence[str]) -> tuple[Parser, Sequence[str]]:
    """Return the command that the words begin with, and what comes after it."""
    parser, rest = top, list(words)
    while rest and rest[0] in (commands := _commands(parser)):
        parser = commands[rest.pop(0)]
    return parser, rest


def _commands(parser: Parser) -> Mapping[str, Parser]:
    for action in parser._actions:  # noqa: SLF001 - the same
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - has no other name
            return dict(action.choices)
    return {}
