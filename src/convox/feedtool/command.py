"""Run one command line, and turn what goes wrong into an exit status."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from convox.errors import NotFound, RackError
from convox.feedtool.arguments import parser
from convox.feedtool.saying import say
from convox.feedtool.tree import candidates, check_known

_SENSELESS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status: 0 when all went well, 1 when not, 2 for a line that has no sense."""
    grammar, words = parser(), sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["__complete"]:
        return say(*candidates(grammar, words[1:]))
    try:
        check_known(grammar, words)
    except NotFound as error:
        return _fail(str(error), _SENSELESS)
    parsed = grammar.parse_args(words)
    try:
        status: int = parsed.run(parsed)
    except RackError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(_words(error))
    except KeyboardInterrupt:
        return 130
    return status


def _fail(text: str, status: int = 1) -> int:
    sys.stderr.write(f"ERROR: {text}\n")
    return status


def _words(error: OSError) -> str:
    """Return an error of the machine's with its place, which is no draft's: drafts are hidden."""
    if error.filename is None:
        return str(error)
    place = Path(os.fsdecode(error.filename))
    shown = place.parent if place.name.startswith(".") else place
    return f"cannot use {shown}: {error.strerror}; check the name, and who may use it"
