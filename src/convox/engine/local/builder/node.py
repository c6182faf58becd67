"""The dependencies of a Node folder."""

from pathlib import Path

from convox.engine.local.builder.workshop import Workshop
from convox.errors import HostError

_QUIET = ("--no-audit", "--no-fund")


async def prepare_node(folder: Path, workshop: Workshop) -> None:
    """Install what ``package.json`` asks for and run its ``build``, where there is one."""
    if not (folder / "package.json").is_file():
        return
    npm = workshop.find("npm")
    if npm is None:
        raise HostError("cannot build a Node app: this machine has no npm; install nodejs and npm")
    locked = any((folder / name).is_file() for name in ("package-lock.json", "npm-shrinkwrap.json"))
    await workshop.run([npm, "ci" if locked else "install", *_QUIET], folder)
    await workshop.run([npm, "run", "build", "--if-present"], folder)
