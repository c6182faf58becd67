"""How ``rackd`` is started.

    python -m convox.rackd --home DIRECTORY --slot VERSION
    python -m convox.rackd --home DIRECTORY --slot VERSION --shadow DATABASE --socket PATH

The second form is how an update sees, before it matters, that a new version can do the work.
"""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

import sqlalchemy as sa

from convox.errors import RackError
from convox.rackd.going_on import cause, reason
from convox.rackd.service import serve
from convox.rackd.shadow import serve_shadow

_log = logging.getLogger(__name__)


def main() -> int:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(prog="rackd", description="The control plane of a rack.")
    parser.add_argument("--home", type=Path, required=True, help="the rack's home")
    parser.add_argument("--slot", required=True, help="the version that runs")
    parser.add_argument(
        "--shadow", metavar="DATABASE", help="answer from this copy, act on nothing"
    )
    parser.add_argument("--socket", type=Path, help="where a shadow listens")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    try:
        if options.shadow:
            asyncio.run(serve_shadow(options.home, options.slot, options.shadow, options.socket))
        else:
            asyncio.run(serve(options.home, options.slot))
    except RackError as error:
        sys.stderr.write(f"rackd: {error}\n")
        return 1
    except ExceptionGroup as group:
        why = cause(group)
        if not why:
            raise
        # The keeper and the installer show the last line, which should not be one of a traceback.
        _log.exception("rackd ends")
        sys.stderr.write(f"rackd: {why}\n")
        return 1
    except sa.exc.DBAPIError as error:
        why = reason(error)
        sys.stderr.write(f"rackd: cannot use the rack's records: {why}; see convox rack doctor\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
