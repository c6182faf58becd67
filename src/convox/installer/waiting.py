"""See a rack come up, from outside."""

import base64
import json
from collections.abc import Collection, Sequence
from pathlib import Path

from convox.errors import HostError
from convox.host import http
from convox.host.clock import SystemClock
from convox.state import rackfile
from convox.state.rackfile import RackFile
from convox.update.keeper_client import KeeperClient

_PATIENCE = 180.0  # seconds for a rack to come up
_POLL = 0.2  # seconds
_STARTS = 4  # of a control plane that ends by itself, before it is given up
_SAYS_WHY = "rackd: "
_MORE = 2  # of one that the keeper has been starting again already, ever less often

INSTALLED = frozenset({"running"})
STARTED = frozenset({"running", "updating", "rollback", "failed"})


async def wait_until(home: Path, wanted: Collection[str]) -> str:
    """Wait until the API says, through the router, that the rack is in one of these states."""
    facts, clock = rackfile.load(home), SystemClock()
    keeper = KeeperClient(socket=home / "run" / "keeper.sock")
    end, status = clock.monotonic() + _PATIENCE, "not answering"
    log, counted = home / "logs" / "rackd.log", list[int]()
    said = log.stat().st_size if log.exists() else 0
    while clock.monotonic() < end:
        status = await ask_status(facts) or status
        if status in wanted:
            return status
        counted += await _ends(keeper)
        if is_given_up(counted):
            status = "ending again and again"
            break
        await clock.sleep(_POLL)
    why = cause(log.read_bytes()[said:].decode(errors="replace")) if log.exists() else ""
    raise HostError(
        f"cannot start rack {facts.name}: it is {status}: {why}; see {log} and"
        f" {log.with_name('rack.log')}"
    )


def cause(log: str) -> str:
    """Return the last that a control plane said of its end, else the last line. Pure.

    Another one may be starting already, and have said something since.
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    ends = [line for line in lines if line.startswith(_SAYS_WHY)]
    return [*(lines[-1:] or [""]), *ends][-1]


def is_given_up(counted: Sequence[int]) -> bool:
    """Say whether what has ended so often is not waited for any longer. Pure.

    ``counted`` is what the keeper has counted, each time it was asked. What a control plane ended
    of before may be mended since, so that only its ends from then on matter.
    """
    if not counted:
        return False
    before, now = counted[0], counted[-1]
    return now - before >= (_MORE if before else _STARTS)


async def ask_status(facts: RackFile) -> str:
    """Return what the rack says of itself, nothing where it does not answer."""
    word = base64.b64encode(f"convox:{facts.password}".encode()).decode()
    headers = {"Authorization": f"Basic {word}", "Host": "localhost"}
    try:
        answer = await http.get_tls(facts.listen, facts.api_port, "/system", headers)
        return str(json.loads(answer.body)["status"]) if answer.status == 200 else ""
    except (OSError, ValueError, KeyError):
        return ""


async def _ends(keeper: KeeperClient) -> Sequence[int]:
    """Return how often the control plane has ended; nothing where no keeper answers yet."""
    try:
        return [(await keeper.status()).attempts]
    except HostError:
        return []
