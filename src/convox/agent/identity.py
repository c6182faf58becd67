"""Who an agent is: what stands in ``agent.json`` of its directory."""

import json
import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An instance as it was launched. ``user`` is whom its processes run as."""

    id: str
    image: str
    address: str
    logs: str
    user: str | None
    directory: str

    @property
    def processes(self) -> str:
        """The directory with one directory per process."""
        return os.path.join(self.directory, "processes")  # noqa: PTH118 - texts, for /proc

    @property
    def sessions(self) -> str:
        """The directory with one file per session of processes that may still live."""
        return os.path.join(self.directory, "sessions")  # noqa: PTH118 - the same


def read(directory: str) -> Identity:
    """Read the identity that the engine wrote."""
    with open(os.path.join(directory, "agent.json"), "rb") as stream:  # noqa: PTH118, PTH123
        facts = json.load(stream)
    return Identity(
        id=facts["id"],
        image=facts["image"],
        address=facts["address"],
        logs=facts["logs"],
        user=facts["user"],
        directory=directory,
    )
