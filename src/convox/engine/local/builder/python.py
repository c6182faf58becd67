"""The dependencies of a Python folder, in a virtual environment beside the code."""

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from convox.engine.local.builder.workshop import Workshop
from convox.errors import HostError, InvalidInput

_OLD = "import sys; sys.exit(sys.version_info < (3, 9))"


async def prepare_python(folder: Path, workshop: Workshop) -> None:
    """Install what the folder asks for; nothing to do where it asks for nothing."""
    wanted = _wanted(folder)
    if not wanted:
        return
    uv, python = await _find_uv(workshop), await _find_python(workshop)
    await workshop.run([uv, "venv", "--clear", "--python", python, ".venv"], folder)
    for arguments in wanted:
        await workshop.run([uv, *arguments], folder)


def _wanted(folder: Path) -> Sequence[Sequence[str]]:
    """Return the arguments that uv is to be run with."""
    if (folder / "requirements.txt").is_file():
        return [["pip", "install", "-r", "requirements.txt"]]
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text())
    except FileNotFoundError:
        return []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"cannot read pyproject.toml: {error}") from error
    if "project" not in project:
        return []
    if (folder / "uv.lock").is_file():
        return [["sync", "--frozen", "--no-dev"]]
    if "build-system" in project:
        return [["pip", "install", "."]]
    return [["pip", "install", "-r", "pyproject.toml"]]


async def _find_uv(workshop: Workshop) -> Path:
    beside = Path(sys.executable).parent / "uv"
    for candidate in (beside, workshop.find("uv")):
        if candidate and await workshop.can_run([candidate, "--version"]):
            return candidate
    raise HostError(
        f"cannot build a Python app: {_who(workshop)} cannot run {beside};"
        " let others pass through its directories, or install uv for all users"
    )


async def _find_python(workshop: Workshop) -> Path:
    """Find an interpreter that the app's processes will be able to run, too."""
    candidates = (
        workshop.find("python3"),
        Path("/usr/bin/python3"),
        Path(getattr(sys, "_base_executable", sys.executable)),
    )
    for candidate in candidates:
        if candidate and await workshop.can_run([candidate, "-c", _OLD]):
            return candidate
    raise HostError(
        f"cannot build a Python app: {_who(workshop)} can run no Python from 3.9 on;"
        " install python3 for all users"
    )


def _who(workshop: Workshop) -> str:
    return workshop.user or "the rack"
