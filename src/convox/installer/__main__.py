"""``python -m convox.installer``: the commands, those that a slot is asked for included."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from convox.errors import RackError, Refused, UserError
from convox.installer import bootstrap, halt, lifecycle, repairing, restoring, settling
from convox.installer.doctor.diagnosis import diagnose
from convox.installer.doctor.finding import State
from convox.installer.doctor.report import as_json, as_text
from convox.installer.install import install
from convox.installer.own_version import ERROR
from convox.installer.places import present
from convox.installer.progress import say
from convox.installer.settings import HELP, parse

_Options = argparse.Namespace
_USAGE = 2  # the status of a command that was not typed right


def main() -> int:
    """Do what was asked; what a person interrupts is undone."""
    options = _parser().parse_args()
    os.umask(0o022)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        status: int | None = options.act(options)
    except RackError as error:
        sys.stderr.write(f"{ERROR}{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return status or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="convox.installer", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_install(verbs)
    for name, act, text in (
        ("start", _start, "start a rack of this machine"),
        ("stop", _stop, "stop a rack with all its apps"),
        ("doctor", _doctor, "say what is wrong with a rack or its machine, and what to do"),
        ("repair", _repair, "make anew what is damaged and can be made from the feed"),
        ("contents", _contents, "say what a rack of this machine holds"),
        ("uninstall", _uninstall, "stop and remove a rack with all its apps and their data"),
    ):
        verb = verbs.add_parser(name, help=text, description=text)
        verb.add_argument("--name", required=True, help="the rack's name")
        verb.set_defaults(act=act)
        if act is _doctor:
            verb.add_argument("--json", action="store_true", help="print JSON")
        if act is _uninstall:
            verb.add_argument("--force", action="store_true", help="has to be given")
    _add_restore(verbs)
    for name, act in (("bootstrap", _bootstrap), ("halt", _halt), ("settle", _settle)):
        verb = verbs.add_parser(name, description="For a rack's own version; not for people.")
        verb.add_argument("--home", type=Path, required=True)
        verb.add_argument("--version")
        verb.add_argument("--parameter", action="append", default=[])
        verb.add_argument("--snapshot", default="")
        verb.set_defaults(act=act)
    return parser


def _add_install(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "list the settings that a rack can be installed with"
    verb = verbs.add_parser("settings", help=text, description=text)
    verb.set_defaults(act=_settings)
    verb = verbs.add_parser("install", help="install a rack on this machine")
    verb.add_argument("--name", required=True, help="the rack's name")
    verb.add_argument("--setting", action="append", default=[], metavar="KEY=VALUE")
    verb.add_argument("--result-fd", type=int, help="write how to reach the rack there, as JSON")
    verb.set_defaults(act=_install)


def _add_restore(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "go back to a copy of a rack's records"
    verb = verbs.add_parser("restore", help=text, description=text)
    verb.add_argument("--name", required=True, help="the rack's name")
    verb.add_argument("--snapshot", help="the copy's name; the newest that is sound")
    verb.add_argument("--force", action="store_true", help="also where the records are sound")
    verb.set_defaults(act=_restore)


def _settings(_: _Options) -> None:
    say("\nSETTINGS")
    for key, text in HELP.items():
        say(f"  {key:<25}{text}")


def _install(options: _Options) -> None:
    settings = parse(options.name, options.setting, uid=os.geteuid())
    asyncio.run(install(settings, options.result_fd))


def _start(options: _Options) -> None:
    asyncio.run(lifecycle.start(present(options.name)))


def _stop(options: _Options) -> None:
    asyncio.run(lifecycle.stop(present(options.name)))


def _contents(options: _Options) -> None:
    for line in lifecycle.contents(present(options.name)):
        say(f"  {line}")


def _uninstall(options: _Options) -> None:
    home = present(options.name)
    if not options.force:
        lost = "; ".join(lifecycle.contents(home))
        raise Refused(f"cannot uninstall without --force; it removes {lost}")
    asyncio.run(lifecycle.uninstall(home))


def _doctor(options: _Options) -> int:
    try:
        home = present(options.name)
    except UserError as error:
        sys.stderr.write(f"{ERROR}{error}\n")
        return _USAGE
    findings = asyncio.run(diagnose(home))
    say(as_json(findings) if options.json else as_text(findings))
    return int(any(finding.state is State.WRONG for finding in findings))


def _repair(options: _Options) -> None:
    asyncio.run(repairing.repair(present(options.name)))


def _restore(options: _Options) -> None:
    home = present(options.name)
    asyncio.run(restoring.restore(home, options.snapshot, force=options.force))


def _settle(options: _Options) -> None:
    settling.settle(options.home, options.version, options.snapshot)


def _bootstrap(options: _Options) -> None:
    wished = dict(word.split("=", 1) for word in options.parameter)
    bootstrap.bootstrap(options.home, options.version, wished)


def _halt(options: _Options) -> None:
    asyncio.run(halt.halt(options.home))


if __name__ == "__main__":
    sys.exit(main())
