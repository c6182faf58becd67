"""Run a version's own migrations, out of its slot."""

from convox.host import commands
from convox.update.slots import Slots


async def expand(slots: Slots, version: str, url: str) -> None:
    """Add to the database at ``url`` what the version wants; ``HostError`` where that fails."""
    python = slots.python(version)
    environment = {"CONVOX_DATABASE": url}
    await commands.check([python, "-m", "convox.state", "expand"], environment=environment)
