"""Run one command line, and turn what goes wrong into an exit status."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from convox.errors import RackError
from convox.feedtool.arguments import parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status: 0 when all went well, 1 when not, 2 for a line that has no sense."""
    parsed = parser().parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
    except RackError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(_words(error))
    except KeyboardInterrupt:
        return 130
    return status


def _fail(text: str) -> int:
    sys.stderr.write(f"ERROR: {text}\n")
    return 1


def _words(error: OSError) -> str:
    """Return an error of the machine's with its place, which is no draft's: drafts are hidden."""
    if error.filename is None:
        return str(error)
    place = Path(os.fsdecode(error.filename))
    shown = place.parent if place.name.startswith(".") else place
    return f"cannot use {shown}: {error.strerror}; check the name, and who may use it"
