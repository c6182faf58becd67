"""Run the programs that build an app, with the app user's rights and no more."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from convox.engine.local.builder.environment import process_environment, system_path
from convox.errors import InvalidInput
from convox.host.commands import narrate, run
from convox.host.users import own

_SETTINGS = ("UV_", "PIP_", "NPM_CONFIG_", "SSL_CERT_", "NODE_EXTRA_CA_CERTS")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Where builds happen. ``home`` is their home directory, with the caches they share."""

    home: Path
    user: str | None
    say: Callable[[str], None]

    def open(self) -> None:
        """Make the home directory where it is missing."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        own(self.home, self.user)

    def find(self, program: str) -> Path | None:
        """Return the path of one of the machine's programs."""
        found = shutil.which(program, path=system_path(self.user))
        return Path(found) if found else None

    async def can_run(self, argv: Sequence[str | Path]) -> bool:
        """Say whether the program exists, the user may run it, and it succeeds."""
        try:
            return (await run(argv, cwd=Path("/"), user=self.user)).status == 0
        except OSError:
            return False

    async def run(self, argv: Sequence[str | Path], folder: Path) -> None:
        """Run a program of the build in a folder of the source and narrate it."""
        words = " ".join([Path(argv[0]).name, *map(str, argv[1:])])
        self.say(f"$ {words}")
        environment = self._environment(folder)
        status = await narrate(
            argv, say=self.say, cwd=folder, environment=environment, user=self.user
        )
        if status != 0:
            raise InvalidInput(f"cannot build the app: '{words}' ended with status {status}")

    def _environment(self, folder: Path) -> Mapping[str, str]:
        """Of the rack's environment only what says how to reach package registries is passed on."""
        settings = {
            key: value
            for key, value in os.environ.items()
            if key.upper().startswith(_SETTINGS) or key.upper() in _PROXIES
        }
        return {
            **settings,
            **process_environment(folder, user=self.user),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "NPM_CONFIG_CACHE": str(self.home / "npm"),
            "NPM_CONFIG_UPDATE_NOTIFIER": "false",
            "UV_CACHE_DIR": str(self.home / "uv"),
            "UV_COMPILE_BYTECODE": "1",  # a process may not write beside its code
            "UV_LINK_MODE": "copy",  # a slug shares no file with a cache that builds can write to
            "UV_NO_PROGRESS": "1",
            "UV_PYTHON_DOWNLOADS": "never",
        }
