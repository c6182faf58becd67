"""Have a rack come back after a reboot, and its keeper after a crash."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from convox.host import commands
from convox.host.files import write_atomically
from convox.update import keeper_program

_UNITS = Path("/etc/systemd/system")


def script(home: Path, environment: Mapping[str, str]) -> str:
    """Return what starts the keeper as it was started when the rack was installed. Pure.

    It lies in the rack's home, since what reaches package registries may name a password.
    """
    exports = "".join(
        f"export {key}={shlex.quote(value)}\n" for key, value in sorted(environment.items())
    )
    return f"#!/bin/sh\n{exports}exec {shlex.join(keeper_program.command(home))}\n"


def unit(name: str, home: Path) -> str:
    """Return the systemd unit of a rack's keeper (systemd.service(5)). Pure.

    What the keeper has started outlives it, and an orderly end of it is not undone. Killing an
    app's process for its memory does not take the unit down.
    """
    return f"""\
[Unit]
Description=Convox Rack {name}
After=network.target
RequiresMountsFor="{_literal(str(home))}"

[Service]
ExecStart=/bin/sh "{_literal(str(_script_of(home)))}"
KillMode=process
Restart=on-failure
RestartSec=1
OOMPolicy=continue
TasksMax=infinity

[Install]
WantedBy=multi-user.target
"""


def reboot_line(home: Path) -> str:
    """Return what a crontab needs instead (crontab(5)). Pure."""
    return f"@reboot /bin/sh {shlex.quote(str(_script_of(home)))}".replace("%", "\\%")


def is_systemd() -> bool:
    """Say whether systemd runs this machine, and we may tell it what to do."""
    is_first = Path("/proc/1/comm").read_text().strip() == "systemd"
    return is_first and Path("/run/systemd/system").exists() and os.geteuid() == 0


async def arrange(name: str, home: Path) -> str:
    """Give the keeper a unit where systemd runs; return what a person has to know or do."""
    write_atomically(_script_of(home), script(home, keeper_program.environment()), mode=0o700)
    if not is_systemd():
        return (
            f"To have the rack back after a reboot, add this to crontab -e:\n  {reboot_line(home)}"
        )
    write_atomically(_UNITS / _unit_of(name), unit(name, home))
    await commands.check(["systemctl", "daemon-reload"])
    await commands.check(["systemctl", "--quiet", "enable", _unit_of(name)])
    return f"The rack comes back after a reboot: systemd unit {_unit_of(name)}"


async def disarrange(name: str) -> None:
    """Take the unit away again, where there is one."""
    if is_systemd() and (_UNITS / _unit_of(name)).exists():
        await commands.run(["systemctl", "--quiet", "disable", _unit_of(name)])
        (_UNITS / _unit_of(name)).unlink(missing_ok=True)
        await commands.check(["systemctl", "daemon-reload"])


async def start_keeper(name: str, home: Path) -> None:
    """Start the keeper, as systemd's where it has a unit."""
    if is_systemd() and (_UNITS / _unit_of(name)).exists():
        await commands.check(["systemctl", "start", _unit_of(name)])
    else:
        keeper_program.start(home)


def _literal(text: str) -> str:
    """Keep systemd from reading anything into the text."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def _script_of(home: Path) -> Path:
    return home / "keeper" / "boot"


def _unit_of(name: str) -> str:
    return f"convox-rack-{name}.service"
