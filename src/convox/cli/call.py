"""What a command is given."""

from typing import Any

from convox.cli.errors import CommandError
from convox.cli.grammar import Given
from convox.cli.machine import Machine
from convox.cli.output import Output
from convox.cli.selection import select
from convox.cli.settings import Settings
from convox.client.endpoint import Endpoint
from convox.client.percent import path
from convox.client.rack import Rack


class Call:
    """One command as typed: its arguments and flags, where it writes, the rack and app it is for.

    The rack is looked for when a command first asks for it.
    """

    def __init__(self, given: Given, machine: Machine, out: Output) -> None:
        self.arguments = given.arguments
        self.machine = machine
        self.out = out
        self.settings = Settings(machine)
        self.begun = machine.monotonic()
        self._flags = given.flags
        self._rack: Rack | None = None

    def flag(self, name: str) -> Any:
        """Return a flag's value; ``None`` where it was not given."""
        return self._flags.get(name)

    @property
    def rack(self) -> Rack:
        """The rack that the command is for."""
        if self._rack is None:
            return self.choose(select(self.settings, self.machine, self.flag("rack") or ""))
        return self._rack

    def choose(self, endpoint: Endpoint) -> Rack:
        """Take the rack at an endpoint for the one that the command is for."""
        self._rack = Rack(endpoint)
        return self._rack

    @property
    def chosen_rack(self) -> Rack | None:
        """The rack, where one was asked for already."""
        return self._rack

    @property
    def app(self) -> str:
        """The app that the command is for: ``--app``, the project's, or the folder's name."""
        return self.flag("app") or self.settings.project("app") or self._folder()

    def of_app(self, *segments: str) -> str:
        """Return the path in the API of something that the app has."""
        return path("apps", self.app, *segments)

    @property
    def named_app(self) -> str:
        """The app that is named as the argument, else as everywhere."""
        return self.arguments[0] if self.arguments else self.app

    def _folder(self) -> str:
        name = self.machine.path(".").rpartition("/")[2]
        if not name:
            raise CommandError("cannot tell which app is meant: name it with --app")
        return name
