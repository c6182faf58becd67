"""The grammar of flags, as pflag has it: mixed with arguments, long and short, up to ``--``. Pure.

A switch takes no value, or one behind ``=``. Any other flag takes the next word, or what follows
``=`` or its letter. Switches of one letter may stand together: ``-rw``.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from convox.cli.errors import CommandError

_DURATION = re.compile(r"(\d+(\.\d*)?(ns|us|ms|h|m|s))+")


class Flag(NamedTuple):
    """One flag: its long name, what it is for, its letter, and what its value is."""

    name: str
    text: str
    letter: str = ""
    kind: str = "text"


class Given(NamedTuple):
    """What was typed: the arguments, and the value of each flag that was given."""

    arguments: list[str]
    flags: dict[str, Any]


def parse(flags: Sequence[Flag], words: Sequence[str]) -> Given:
    """Read the words behind a command; ``CommandError`` where they break the grammar."""
    given = Given([], {})
    rest = iter(words)
    by_name = {f"--{flag.name}": flag for flag in flags}
    by_letter = {f"-{flag.letter}": flag for flag in flags if flag.letter}
    for word in rest:
        if word == "--":
            given.arguments.extend(rest)
        elif word.startswith("--"):
            name, mark, value = word.partition("=")
            _put(given.flags, _known(by_name, name), name, value if mark else None, rest)
        elif word.startswith("-") and word != "-":
            _read_letters(given.flags, by_letter, word, rest)
        else:
            given.arguments.append(word)
    return given


def _read_letters(
    values: dict[str, Any], by_letter: Mapping[str, Flag], word: str, rest: Iterator[str]
) -> None:
    letters = word[1:]
    while letters:
        name, letters = f"-{letters[0]}", letters[1:]
        flag = _known(by_letter, name)
        if flag.kind == "switch" and not letters.startswith("="):
            values[flag.name] = True
            continue
        value = letters.removeprefix("=") if letters else None
        _put(values, flag, name, value, rest)
        return


def _known(known: Mapping[str, Flag], name: str) -> Flag:
    if name not in known:
        raise CommandError(f"unknown flag: {name}")
    return known[name]


def _put(
    values: dict[str, Any], flag: Flag, typed: str, value: str | None, rest: Iterator[str]
) -> None:
    if value is None:
        value = "true" if flag.kind == "switch" else next(rest, None)
    if value is None:
        raise CommandError(f"flag needs an argument: {typed}")
    try:
        read = _READERS[flag.kind](value)
    except ValueError as error:
        raise CommandError(f'invalid argument "{value}" for "{typed}" flag: {error}') from error
    values[flag.name] = [*values.get(flag.name, []), read] if flag.kind == "list" else read


def _switch(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("neither true nor false")
    return value == "true"


def _number(value: str) -> int:
    if not re.fullmatch(r"-?\d+", value):
        raise ValueError("not a whole number")
    return int(value)


def _duration(value: str) -> str:
    if not _DURATION.fullmatch(value):
        raise ValueError("not a duration, such as 5m or 1h30m")
    return value


_READERS: Mapping[str, Callable[[str], Any]] = {
    "text": str,
    "list": str,
    "switch": _switch,
    "number": _number,
    "duration": _duration,
}


def check_count(arguments: Sequence[str], least: int, most: int | None) -> None:
    """Refuse too few or too many arguments."""
    count = len(arguments)
    if least == most and count != least:
        raise CommandError(f"{_args(least)} required")
    if count < least:
        raise CommandError(f"at least {_args(least)} required")
    if most is not None and count > most:
        raise CommandError(f"no more than {_args(most)} expected")


def pairs(words: Sequence[str]) -> dict[str, str]:
    """Read ``Key=Value`` words."""
    for word in words:
        if "=" not in word:
            raise CommandError(f"Key=Value expected: {word}")
    return {key: value for key, _, value in (word.partition("=") for word in words)}


def _args(count: int) -> str:
    return f"{count} arg" if count == 1 else f"{count} args"
