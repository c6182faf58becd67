"""What this machine has."""

import os


def cores() -> int:
    """Return how many CPUs there are."""
    return os.cpu_count() or 1


def memory() -> int:
    """Return the bytes of main memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
