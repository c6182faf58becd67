"""Look and examine, also where so much is damaged that one can hardly look."""

from collections.abc import Sequence
from pathlib import Path

from convox.errors import StateError
from convox.installer.doctor.checks import examine
from convox.installer.doctor.finding import Finding, wrong
from convox.installer.doctor.gathering import gather


async def diagnose(home: Path) -> Sequence[Finding]:
    """Return what is found of the rack that lives in ``home``."""
    try:
        return examine(await gather(home))
    except StateError as error:
        return [wrong("rack.json", str(error), "bring it back from a backup, or install anew")]
