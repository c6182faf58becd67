"""Which TCP connections a process of this machine has open."""

import ipaddress
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

# Kernel, include/net/tcp_states.h: established, and closed by this side but not by the other.
_OPEN = {"01", "04", "05"}


def open_connections(process: int) -> Counter[tuple[str, int]]:
    """Count a process's open connections by the address of the other side; none where it is gone.

    From the sockets among ``/proc/PID/fd`` and the tables ``/proc/PID/net/tcp``, ``tcp6``
    (proc(5)).
    """
    try:
        sockets = set(_sockets(process))
        return Counter(
            address
            for table in ("tcp", "tcp6")
            for inode, address in _connections(Path(f"/proc/{process}/net/{table}"))
            if inode in sockets
        )
    except (FileNotFoundError, ProcessLookupError):
        return Counter()


def _sockets(process: int) -> Iterator[str]:
    for entry in Path(f"/proc/{process}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            yield target.removeprefix("socket:[").removesuffix("]")


def _connections(table: Path) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield the inode and the other side of each open connection."""
    for line in table.read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] in _OPEN:
            host, _, port = fields[2].partition(":")
            yield fields[9], (_host(host), int(port, 16))


def _host(text: str) -> str:
    """Read an address that the kernel writes as words of four bytes in the machine's order."""
    words = [bytes.fromhex(text[start : start + 8])[::-1] for start in range(0, len(text), 8)]
    return str(ipaddress.ip_address(b"".join(words)))
