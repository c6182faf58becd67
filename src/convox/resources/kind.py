"""What is common to the kinds of servers."""

import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from convox.resources.programs import Program, Programs
from convox.resources.resource import ResourceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The directory of one resource, and the user its server runs as."""

    directory: Path
    user: str | None

    @property
    def data(self) -> Path:
        """The server's own directory, in which it works; there once it is initialised."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.directory / "server.log"

    @property
    def record(self) -> Path:
        """Which major version the data is of."""
        return self.directory / "record.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of server.

    ``initialise`` fills an empty directory with data, once; ``configure`` comes before each start.
    ``pid_file`` is the server's own, below its data; its first line is the process id.
    """

    title: str
    programs: Programs
    serves: Callable[[int, int], bool]
    """Whether a program of one major version serves data of another: ``serves(program, data)``."""
    initialise: Callable[[Path, ResourceSpec, Program, Place], Awaitable[None]]
    configure: Callable[[ResourceSpec, Place], None]
    command: Callable[[ResourceSpec, Program, Place], Sequence[str | Path]]
    answers: Callable[[ResourceSpec], Awaitable[bool]]
    pid_file: str
    stop: tuple[signal.Signals, ...]
    """How it is asked to end, ever more firmly."""
