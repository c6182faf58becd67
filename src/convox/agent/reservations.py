"""Hold addresses and ports so that no other agent of this machine takes them.

A name in the abstract namespace of unix sockets (unix(7)) has one holder on a machine and is free
again when the holder ends, however it ends.
"""

import os
import socket
from dataclasses import dataclass

_LOWEST, _COUNT = 20000, 12000
_ATTEMPTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A TCP port that is held until it is closed."""

    number: int
    holder: socket.socket

    def close(self) -> None:
        self.holder.close()


def hold_address(address: str) -> socket.socket | None:
    """Hold an instance's address; ``None`` where another agent does."""
    return _hold(f"convox/address/{address}")


def hold_port() -> Port:
    """Hold a port that nothing listens on at any address of this machine."""
    for _ in range(_ATTEMPTS):
        number = _LOWEST + int.from_bytes(os.urandom(4), "big") % _COUNT
        holder = _hold(f"convox/port/{number}")
        if holder is None:
            continue
        if _is_free(number):
            return Port(number=number, holder=holder)
        holder.close()
    raise OSError(f"no port between {_LOWEST} and {_LOWEST + _COUNT - 1} is free")


def _hold(name: str) -> socket.socket | None:
    holder = socket.socket(socket.AF_UNIX)
    try:
        holder.bind(f"\0{name}")
    except OSError:
        holder.close()
        return None
    return holder


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("", port))
        except OSError:
            return False
        return True
