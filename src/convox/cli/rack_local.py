"""``convox rack install|start|stop|doctor|...``: what is done to a rack of this machine.

The rack's own installer does the work, as a program of its own; it needs no running rack.
"""

import json
import os
import sys

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.grammar import pairs
from convox.cli.machine import is_terminal
from convox.cli.selection import chosen_name, default_host, name_of
from convox.cli.settings import AUTH, HOST, SELF_MANAGED, Settings

_INSTALLER = [sys.executable, "-m", "convox.installer"]
_FACTS = 65536  # bytes, as many as a pipe holds
_USAGE = 2  # the status of a command that was not typed right


def install(call: Call) -> int:
    kind, *words = call.arguments
    _check_kind("install", kind)
    name = call.flag("name") or "convox"
    wishes = [f"--setting={key}={value}" for key, value in pairs(words).items()]
    reads, writes = os.pipe()
    os.set_blocking(reads, False)
    command = [*_INSTALLER, "install", "--name", name, *wishes, "--result-fd", str(writes)]
    status = call.machine.run(command, inherited=[writes])
    if status == 0:
        facts = json.loads(os.read(reads, _FACTS))
        remember(call.settings, name, facts)
    return status


def settings(call: Call) -> int:
    return call.machine.run([*_INSTALLER, "settings"])


def remember(settings: Settings, name: str, facts: dict[str, str]) -> None:
    """Note a new rack, so that the next command reaches it."""
    host = facts["host"]
    settings.put(AUTH, host, facts["password"])
    settings.put(SELF_MANAGED, name, host)
    if facts.get("certificate"):
        settings.write(settings.certificate_name(host), facts["certificate"])
    if not settings.text(HOST):
        settings.write(HOST, host)


def start(call: Call) -> int:
    return call.machine.run([*_INSTALLER, "start", "--name", _name(call)])


def stop(call: Call) -> int:
    return call.machine.run([*_INSTALLER, "stop", "--name", _name(call)])


def doctor(call: Call) -> int:
    try:
        name = _name(call)
    except CommandError as error:
        call.out.error(str(error))
        return _USAGE
    as_json = ["--json"] if call.flag("json") else []
    return call.machine.run([*_INSTALLER, "doctor", "--name", name, *as_json])


def repair(call: Call) -> int:
    return call.machine.run([*_INSTALLER, "repair", "--name", _name(call)])


def restore(call: Call) -> int:
    command = [*_INSTALLER, "restore", "--name", _name(call)]
    if call.flag("snapshot"):
        command += ["--snapshot", call.flag("snapshot")]
    if call.flag("force"):
        command.append("--force")
    return call.machine.run(command)


def uninstall(call: Call) -> int:
    *kinds, name = call.arguments
    for kind in kinds:
        _check_kind("uninstall", kind)
    status = call.machine.run([*_INSTALLER, "contents", "--name", name])
    if status:
        return status
    if not call.flag("force"):
        _confirm(call)
    status = call.machine.run([*_INSTALLER, "uninstall", "--name", name, "--force"])
    if status == 0:
        _forget(call.settings, name)
    return status


def _check_kind(act: str, kind: str) -> None:
    if kind != "local":
        raise CommandError(f"cannot {act} a rack on {kind}: this command knows local")


def _confirm(call: Call) -> None:
    if not is_terminal(call.machine.stdin):
        raise CommandError("must use --force for non-interactive uninstall")
    call.out.write("Delete everything? [y/N]: ")
    if call.machine.stdin.readline().strip().lower() != b"y":
        raise CommandError("aborted")


def _forget(settings: Settings, name: str) -> None:
    host = settings.map(SELF_MANAGED).get(name, "")
    settings.drop(SELF_MANAGED, name)
    settings.drop(AUTH, host)
    settings.remove(settings.certificate_name(host))
    if settings.text(HOST) == host:
        settings.remove(HOST)


def _name(call: Call) -> str:
    """Return the rack that is named, else the one that commands are for."""
    given = call.arguments[0] if call.arguments else call.flag("rack")
    settings, machine = call.settings, call.machine
    name = chosen_name(settings, machine, given or "")
    name = name or name_of(settings, default_host(settings, machine))
    if not name:
        raise CommandError("name of the rack required")
    return name
