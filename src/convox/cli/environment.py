"""``convox env``: the variables of an app, each change a new release.

They are those of the newest release, promoted or not; a change writes all of them.
"""

import json
import os
import tempfile

from convox.cli.call import Call
from convox.cli.errors import CommandError
from convox.cli.grammar import pairs
from convox.cli.machine import is_terminal
from convox.cli.releases import newest, promote_release


def show(call: Call) -> None:
    variables = _read(call)
    if call.out.as_json:
        call.out.json(variables)
    elif variables:
        call.out.line(_text(variables))


def get(call: Call) -> None:
    name = call.arguments[0]
    variables = _read(call)
    if name not in variables:
        raise CommandError(f"env not found: {name}")
    call.out.value(variables[name])


def set_variables(call: Call) -> None:
    given = pairs(call.arguments) if call.arguments else _from_stdin(call)
    if not given:
        raise CommandError("at least 1 arg required: KEY=VALUE")
    before = {} if call.flag("replace") else _read(call)
    _write(call, f"Setting {', '.join(sorted(given))}", {**before, **given})


def unset(call: Call) -> None:
    variables = {key: value for key, value in _read(call).items() if key not in call.arguments}
    _write(call, f"Unsetting {', '.join(sorted(call.arguments))}", variables)


def edit(call: Call) -> None:
    edited = _parse(_edited(call, _text(_read(call)) + "\n"))
    _write(call, f"Setting {', '.join(sorted(edited))}", edited)


def _read(call: Call) -> dict[str, str]:
    release = newest(call).get("id")
    if not release:
        return {}
    return _parse(call.rack.get(call.of_app("releases", release)).get("env") or "")


def _write(call: Call, doing: str, variables: dict[str, str]) -> None:
    out = call.out.to_errors() if call.flag("id") else call.out
    out.start(doing)
    release = call.rack.post(call.of_app("releases"), env=_text(variables))["id"]
    out.ok()
    out.line(f"Release: {release}")
    if call.flag("promote"):
        promote_release(call, out, release)
    if call.flag("id"):
        call.out.write(release)


def _from_stdin(call: Call) -> dict[str, str]:
    if is_terminal(call.machine.stdin):
        return {}
    return _parse(call.machine.stdin.read().decode())


def _parse(text: str) -> dict[str, str]:
    lines = (line.strip() for line in text.splitlines())
    return pairs([line for line in lines if line and not line.startswith("#")])


def _text(variables: dict[str, str]) -> str:
    return "\n".join(f"{key}={value}" for key, value in sorted(variables.items()))


def _edited(call: Call, text: str) -> str:
    """Return the text after the person's editor had it."""
    editor = call.machine.variable("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="convox-") as directory:
        path = os.path.join(directory, "env")  # noqa: PTH118 - as machine
        call.machine.write(path, text)
        status = call.machine.run(["sh", "-c", f'{editor} "$1"', "sh", path])
        if status:
            raise CommandError(f"cannot edit: {json.dumps(editor)} ended with status {status}")
        return call.machine.read(path) or ""
