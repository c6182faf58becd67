"""What a rack has to know before it can open its records: ``rack.json`` in its home, kept twice."""

import contextlib
from dataclasses import asdict, dataclass
from pathlib import Path

from convox.errors import StateError
from convox.host.files import mend_twice, read_twice, write_twice

_NAME = "rack.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RackFile:
    """The facts of an installation; they change only by installing anew."""

    name: str
    database: str
    """Its URL, ``sqlite:///PATH`` or ``postgresql://...``."""
    password: str
    feed: str
    """The feed's address, or those of its mirrors with commas between them."""
    listen: str = "127.0.0.1"
    http_port: int = 80
    https_port: int = 443
    api_port: int = 5443
    domain: str
    app_user: str | None = None
    """Whom apps and resources run as; ``None`` for the rack's own user."""


def load(home: Path) -> RackFile:
    """Return the facts of the rack that lives in ``home``."""
    try:
        return RackFile(**read_twice(home / _NAME))
    except (FileNotFoundError, TypeError, ValueError) as error:
        raise StateError(f"cannot read {home / _NAME}: {error}; is this a rack's home?") from error


def save(home: Path, facts: RackFile) -> None:
    """Write the facts, for the owner's eyes only."""
    write_twice(home / _NAME, asdict(facts), mode=0o600)


def mend(home: Path) -> None:
    """Make the file and its copy whole, where one of them is not; on a full disk, not now."""
    with contextlib.suppress(OSError):
        mend_twice(home / _NAME)
