"""What this machine has."""

import os
import shutil
from pathlib import Path


def cores() -> int:
    """Return how many CPUs there are."""
    return os.cpu_count() or 1


def free_disk(directory: Path) -> int:
    """Return the bytes that are free where the directory lies."""
    return shutil.disk_usage(directory).free


def free_memory() -> int:
    """Return the bytes of main memory that programs could have now without others losing any."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, amount = line.partition(":")
        if name == "MemAvailable":
            return int(amount.split()[0]) * 1024
    return memory()


def memory() -> int:
    """Return the bytes of main memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
