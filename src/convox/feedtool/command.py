"""Run one command line, and turn what goes wrong into an exit status."""

import sys
from collections.abc import Sequence

from convox.errors import RackError
from convox.feedtool.arguments import parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status: 0 when all went well, 1 when not, 2 for a line that has no sense."""
    parsed = parser().parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
    except (RackError, OSError) as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return status
