"""Have a rack come back after a reboot, and its keeper after a crash."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from convox.host import commands
from convox.host.files import write_atomically
from convox.update import keeper_program

_UNITS = Path("/etc/systemd/system")


def unit(name: str, home: Path, environment: Mapping[str, str]) -> str:
    """Return the systemd unit of a rack's keeper (systemd.service(5)). Pure.

    What the keeper has started outlives it, and an orderly end of it is not undone. Killing an
    app's process for its memory does not take the unit down.
    """
    variables = "".join(
        f'Environment="{key}={_literal(value)}"\n' for key, value in environment.items()
    )
    command = _literal(shlex.join(keeper_program.command(home)))
    return f"""\
[Unit]
Description=Convox Rack {name}
After=network.target
RequiresMountsFor={home}

[Service]
{variables}ExecStart={command}
KillMode=process
Restart=on-failure
RestartSec=1
OOMPolicy=continue
TasksMax=infinity

[Install]
WantedBy=multi-user.target
"""


def reboot_line(home: Path, environment: Mapping[str, str]) -> str:
    """Return what a crontab needs instead (crontab(5)). Pure."""
    variables = (f"{key}={value}" for key, value in environment.items())
    line = shlex.join(["env", *variables, *keeper_program.command(home)])
    return f"@reboot {line}".replace("%", "\\%")


def is_systemd() -> bool:
    """Say whether systemd runs this machine, and we may tell it what to do."""
    is_first = Path("/proc/1/comm").read_text().strip() == "systemd"
    return is_first and Path("/run/systemd/system").exists() and os.geteuid() == 0


async def arrange(name: str, home: Path) -> str:
    """Give the keeper a unit where systemd runs; return what a person has to know or do."""
    environment = keeper_program.environment()
    if not is_systemd():
        return (
            "To have the rack back after a reboot, add this to crontab -e:\n"
            f"  {reboot_line(home, environment)}"
        )
    write_atomically(_UNITS / _unit_of(name), unit(name, home, environment))
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


def _unit_of(name: str) -> str:
    return f"convox-rack-{name}.service"
