"""A control plane that boots in the shadow, and ends as soon as it has taken over."""

from pathlib import Path

from convox.errors import HostError
from convox.state import lease, rackfile
from convox.state.database import Database


async def serve(home: Path, slot: str) -> None:
    """Take the lease, and end."""
    lease.take(Database(rackfile.load(home).database), holder=slot)
    raise HostError("cannot take over: this release ends at once")
