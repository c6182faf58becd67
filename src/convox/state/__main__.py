"""``python -m convox.state expand|contract``: bring a database to this release's form.

The database's URL stands in ``CONVOX_DATABASE``, since arguments can be read by everyone. An
update runs this out of the new release's slot, while the older release serves.
"""

import os
import sys

from convox.state import migrate
from convox.state.database import Database

_PHASES = {"expand": migrate.expand, "contract": migrate.contract}


def main() -> int:
    """Apply one phase and name each migration applied."""
    database = Database(os.environ["CONVOX_DATABASE"])
    for name in _PHASES[sys.argv[1]](database):
        sys.stdout.write(f"{sys.argv[1]} {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
