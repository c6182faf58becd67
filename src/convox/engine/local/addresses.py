"""Which loopback address an instance gets. Pure."""

import hashlib
from collections.abc import Iterator
from pathlib import Path


def candidates(home: Path) -> Iterator[str]:
    """Yield the addresses of a rack's instances, ``127.x.y.1`` to ``.254``.

    ``x`` and ``y`` follow from the rack's home, so that two racks on a machine hardly share them;
    the addresses that people type (127.0.y.z) are left alone.
    """
    digest = hashlib.sha256(str(home).encode()).digest()
    network = f"127.{1 + digest[0] % 254}.{digest[1]}"
    for number in range(1, 255):
        yield f"{network}.{number}"


def holder_name(address: str) -> str:
    """Return the name that an agent holds on the machine while it has the address."""
    return f"convox/address/{address}"
