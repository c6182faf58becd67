"""Where a process runs: its directories, its environment, and its end with all that it started."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from convox.agent import leftovers
from convox.agent.account import Account
from convox.agent.child import Child, Program
from convox.agent.files import make_private, write_json
from convox.agent.identity import Identity
from convox.agent.leftovers import Mark, Session
from convox.agent.reaper import Reaper
from convox.agent.spec import Spec

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What all processes of an instance share."""

    identity: Identity
    account: Account
    reaper: Reaper


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What one process has to itself. ``port`` is ``None`` where it serves none."""

    host: Host
    spec: Spec
    port: int | None

    @property
    def directory(self) -> Path:
        return Path(self.host.identity.processes) / self.spec.id

    def prepare(self, record: Mapping[str, object]) -> None:
        """Make the directories, and keep the record of what is to run."""
        self.directory.mkdir(exist_ok=True)
        self.directory.chmod(0o711)
        for name in ("home", "tmp"):
            make_private(self.directory / name, self.host.account.uid, self.host.account.gid)
        write_json(self.directory / "spec.json", record)

    def forget(self) -> None:
        """Drop the record: nobody wants this process any more."""
        (self.directory / "spec.json").unlink(missing_ok=True)

    def clear(self) -> None:
        """Delete the directories, in a program of its own, since they may hold much."""
        removal = subprocess.Popen(["rm", "-rf", "--", self.directory])
        removal.returncode = 0  # the reaper waits for it

    def program(self, command: Sequence[str], extra: Mapping[str, str]) -> Program:
        """Return what runs a command here."""
        return Program(
            command=command,
            directory=self.spec.directory,
            environment={**environment(self), **extra},
            account=self.host.account,
        )

    def note(self, child: Child) -> Session | None:
        """Note the session of a child, so that it can be ended without this agent."""
        return leftovers.note(self.host.identity.sessions, child.pid)

    async def end_session(self, session: Session | None) -> None:
        """Kill what is left of one session."""
        await self._end(session, home=None)

    async def end_all(self, session: Session | None) -> None:
        """Kill what is left of a session and everything else that was started here."""
        await self._end(session, home=str(self.directory))

    async def _end(self, session: Session | None, *, home: str | None) -> None:
        sessions = {session} if session else frozenset[Session]()
        await leftovers.end(Mark(sessions=sessions, home=home))
        if session:
            leftovers.forget(self.host.identity.sessions, session)


def environment(place: Place) -> dict[str, str]:
    """Return the whole environment of a process; what the instance sets wins."""
    given = place.spec.environment
    # Another user could not look into all directories of the agent's own path.
    usual = _PATH if place.host.account.is_other else os.environ.get("PATH", _PATH)
    own = {
        "PATH": ":".join(filter(None, (given.get("PATH"), usual))),
        "HOST": place.host.identity.address,
        "HOME": str(place.directory / "home"),
        "TMPDIR": str(place.directory / "tmp"),
    }
    if place.port is not None:
        own["PORT"] = str(place.port)
    return {**given, **own}
