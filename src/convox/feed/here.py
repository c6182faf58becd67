"""What this machine is, as releases see it."""

import os
import platform
import sys

from convox.feed.platforms import Platform


def here() -> Platform:
    """Return the platform of this machine, with the Python that runs this."""
    return Platform(
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        machine=platform.machine(),
        glibc=(os.confstr("CS_GNU_LIBC_VERSION") or "glibc 0.0").partition(" ")[2],
    )
