"""Where a rack keeps what its instances need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from convox.engine.engine import InstanceId
from convox.host.files import read_twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The facts that all instances of a rack share.

    ``python`` runs the agents. ``app_user`` is whom apps run as, ``None`` for the rack's own user.
    """

    home: Path
    python: Path
    app_user: str | None

    @property
    def instances(self) -> Path:
        return self.home / "instances"

    @property
    def images(self) -> Path:
        return self.home / "images"

    @property
    def logs(self) -> Path:
        return self.home / "logs" / "apps"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFacts:
    """What was decided when an instance was launched; its agent reads it as ``agent.json``."""

    id: InstanceId
    image: str
    address: str
    launched: datetime

    def stored(self, ground: Ground) -> Mapping[str, Any]:
        """Return the form in which an agent and a later control plane read it."""
        return {
            "id": self.id,
            "image": self.image,
            "address": self.address,
            "launched": self.launched.isoformat(),
            "logs": str(ground.logs),
            "user": ground.app_user,
        }


def read_facts(directory: Path) -> InstanceFacts:
    """Read the facts of an instance; ``FileNotFoundError`` or ``ValueError`` where none can be."""
    stored = read_twice(directory / "agent.json")
    return InstanceFacts(
        id=InstanceId(stored["id"]),
        image=stored["image"],
        address=stored["address"],
        launched=datetime.fromisoformat(stored["launched"]),
    )
