"""What was seen of a rack and its machine, at one moment. Pure.

A text that says why something cannot be had is empty where it can.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from convox.feed.index import STABLE
from convox.update.keeper import KeeperStatus
from convox.update.update import Update


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Sizes are bytes; ``synchronised`` is ``None`` where the kernel does not say."""

    free: int
    size: int
    inodes_free: int
    inodes: int
    unwritable: str
    """Why nothing can be written below the home."""
    memory_free: int
    memory: int
    python: str
    """The version that slots are built upon, empty where it is gone."""
    haproxy: str
    synchronised: bool | None
    asks_as: int
    """The user who runs the checks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port that the rack listens on. ``holder`` is who has it, empty for nobody."""

    key: str
    number: int
    holder: str
    is_ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What the rack's records say, where they can be read."""

    version: str
    holder: str
    """The slot that has the lease."""
    newest: datetime | None
    """The latest moment that they tell of."""
    update: Update | None = None
    """The latest one."""
    components: frozenset[str] = frozenset()
    """Labels of those that should run."""
    channel: str = STABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """``why_not`` says why it cannot be used, be it that it is not current.

    ``newest`` is of the rack's channel. ``withdrawn`` says by version why a release was.
    """

    url: str
    why_not: str = ""
    newest: str = ""
    withdrawn: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """The owner and the permissions of a part of the home; ``expected`` are the right ones."""

    path: Path
    owner: int
    mode: int
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Files below the home. Mappings are from what is damaged to how."""

    records: str
    """How the database is damaged."""
    way_back: str
    """What to do about that."""
    small: Mapping[Path, str] = field(default_factory=dict)
    """Small files of state."""
    slots: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    store: Sequence[str] = ()
    certificates: Mapping[str, datetime | None] = field(default_factory=dict)
    """When each ends; ``None`` where it cannot be read."""
    modes: Sequence[Mode] = ()
    leftovers: Sequence[Path] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All of it."""

    name: str
    home: Path
    now: datetime
    machine: Machine
    files: Files
    feed: Feed
    ports: Sequence[Port] = ()
    keeper: KeeperStatus | None
    """What it answers, if it does."""
    last_words: str = ""
    """The last line that a control plane said."""
    control_planes: Collection[str] = ()
    """The slots of those that live."""
    api: str
    """Why the API does not answer on its own socket."""
    front: str
    """Why it does not answer through the router."""
    records: Records | None
    router: str
    """Why the router does not answer."""
    instances: Mapping[str, str] = field(default_factory=dict)
    """Their states, by id."""
    resources: Mapping[str, str] = field(default_factory=dict)
    components: frozenset[str] = frozenset()
    """Labels of those that run."""
    orphans: Mapping[int, str] = field(default_factory=dict)
    """Processes of this rack that nothing knows of, and what they are."""

    @property
    def is_stopped(self) -> bool:
        """Nothing of the rack runs, as after ``rack stop``."""
        runs = (self.keeper, self.control_planes, self.components, not self.router)
        return not any(runs) and "ready" not in self.instances.values()

    def age(self, moment: datetime) -> timedelta:
        """Return how long ago something was."""
        return self.now - moment
