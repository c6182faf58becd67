"""Who listens on a TCP port of this machine."""

from pathlib import Path

_LISTENS = "0A"  # Linux, include/net/tcp_states.h


def listener(port: int) -> str | None:
    """Return name and id of the process that listens on the port, where that may be seen.

    From ``/proc/net/tcp`` and the sockets that processes have open (proc(5)).
    """
    inodes = {f"socket:[{inode}]" for inode in _listening(port)}
    for process in Path("/proc").glob("[0-9]*") if inodes else ():
        try:
            if any(str(entry.readlink()) in inodes for entry in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()}, process {process.name}"
        except OSError:
            continue  # It has ended, or is somebody else's.
    return None


def _listening(port: int) -> list[str]:
    tables = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
    lines = [line.split() for table in tables if table.exists() for line in table.open()]
    return [
        fields[9]
        for fields in lines
        if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port
    ]
