"""What is remembered between two commands, where the Convox client keeps it too.

Files below ``~/.config/convox2``: ``auth`` (host to password), ``host`` (the current one),
``racks`` (host to current rack), ``rack`` (an older form of that), ``self-managed`` (rack to host),
and ours alone: ``certificates/<host>.pem``, the certificate trusted there. ``./.convox2`` holds
what is chosen for one project: ``rack``, ``app``. ``fleet`` is the last update of many racks.
"""

import json
from typing import TYPE_CHECKING, Any

from convox.cli.errors import CommandError
from convox.cli.machine import Machine

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

AUTH, HOST, RACK, RACKS, SELF_MANAGED = "auth", "host", "rack", "racks", "self-managed"
FLEET = "fleet"


class Settings:
    """The settings of one person on one machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._directory = _directory(machine)

    def text(self, name: str) -> str:
        """Return a setting, blank where it is not set."""
        return (self._machine.read(self.path(name)) or "").strip()

    def project(self, name: str) -> str:
        """Return what the project here sets, blank where it sets nothing."""
        return (self._machine.read(self._machine.path(".convox2", name)) or "").strip()

    def map(self, name: str) -> dict[str, str]:
        """Return a setting that holds pairs."""
        text = self.text(name)
        try:
            found: Any = json.loads(text) if text else {}
        except ValueError as error:
            raise CommandError(f"cannot read {self.path(name)}: {error}; mend the file") from error
        return found if isinstance(found, dict) else {}

    def write(self, name: str, text: str) -> None:
        """Set a setting."""
        self._machine.write(self.path(name), text)

    def put(self, name: str, key: str, value: str) -> None:
        """Set one pair."""
        self._write_map(name, {**self.map(name), key: value})

    def drop(self, name: str, key: str) -> None:
        """Forget one pair."""
        self._write_map(name, {each: kept for each, kept in self.map(name).items() if each != key})

    def remove(self, name: str) -> None:
        """Forget a setting."""
        self._machine.remove(self.path(name))

    def lock(self, name: str) -> "AbstractContextManager[str]":
        """Keep others from a setting meanwhile; what is given names who keeps us from it."""
        return self._machine.lock(self.path(f"{name}.lock"))

    def path(self, name: str) -> str:
        """Return where a setting lies."""
        return self._machine.path(self._directory, name)

    def certificate(self, host: str) -> str:
        """Return the certificate trusted at a host (PEM), blank where none was chosen."""
        return self.text(self.certificate_name(host))

    def certificate_path(self, host: str) -> str:
        """Return where the certificate trusted at a host lies."""
        return self.path(self.certificate_name(host))

    def certificate_name(self, host: str) -> str:
        """Return the setting that holds the certificate trusted at a host."""
        return f"certificates/{host}.pem"

    def _write_map(self, name: str, pairs: dict[str, str]) -> None:
        self.write(name, json.dumps(pairs, indent=2))


def _directory(machine: Machine) -> str:
    chosen = machine.variable("CONVOX_CONFIG")
    if chosen:
        return chosen
    home = machine.variable("HOME") or "/"
    parent = machine.variable("XDG_CONFIG_HOME") or machine.path(home, ".config")
    return machine.path(parent, "convox2")
