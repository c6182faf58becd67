"""Files that clients upload for an app, such as the source of a build."""

import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from convox.control import lookup
from convox.control.places import Places
from convox.errors import InvalidInput, NotFound
from convox.host.incoming import incoming
from convox.state.database import Database

_SCHEME = "object://"
_KEY = re.compile(r"[A-Za-z0-9_+@=,-][A-Za-z0-9._+@=,-]*(/[A-Za-z0-9_+@=,-][A-Za-z0-9._+@=,-]*)*")
_LONGEST = 512  # characters of a key


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """What is kept under a key, by app."""

    database: Database
    places: Places

    async def store(self, app: str, key: str, content: AsyncIterator[bytes]) -> str:
        """Keep the content under the key; return the URL that names it to this rack."""
        self._check_app(app)
        path = self._path(app, key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with incoming(path) as stream:
            async for chunk in content:
                stream.write(chunk)
        return f"{_SCHEME}{app}/{key}"

    def fetch(self, app: str, key: str) -> Path:
        """Return the file that is kept under the key."""
        self._check_app(app)
        path = self._path(app, key)
        if not path.is_file():
            raise NotFound(f"cannot fetch {key}: app {app} has no such object")
        return path

    def exists(self, app: str, key: str) -> bool:
        """Say whether something is kept under the key."""
        self._check_app(app)
        return self._path(app, key).is_file()

    def delete(self, app: str, key: str) -> None:
        """Forget what is kept under the key."""
        self.fetch(app, key).unlink(missing_ok=True)

    def list(self, app: str, prefix: str) -> Sequence[str]:
        """Return the keys that begin with the prefix, in order."""
        self._check_app(app)
        root = self.places.objects(app)
        keys = (str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        return sorted(key for key in keys if key.startswith(prefix) and _KEY.fullmatch(key))

    def of_url(self, app: str, url: str) -> Path:
        """Return the file that a URL from ``store`` names; it must be the app's own."""
        named, _, key = url.removeprefix(_SCHEME).partition("/")
        if not url.startswith(_SCHEME) or named != app:
            raise InvalidInput(f"cannot use {url}: it is no object of app {app}; upload it first")
        return self.fetch(app, key)

    def used(self, app: str, url: str) -> None:
        """Forget an object that was uploaded for one use: its key begins with ``tmp/``."""
        key = url.removeprefix(f"{_SCHEME}{app}/")
        if key.startswith("tmp/"):
            with contextlib.suppress(FileNotFoundError):
                self._path(app, key).unlink()

    def _check_app(self, app: str) -> None:
        with self.database.begin() as connection:
            lookup.app(connection, app)

    def _path(self, app: str, key: str) -> Path:
        """Return where a key's content is; a key can name nothing outside of the app's own."""
        if not _KEY.fullmatch(key) or len(key) > _LONGEST:
            raise InvalidInput(
                f"cannot use the key {key[:80]!r}: letters, digits and . _ + @ = , - are allowed,"
                " in parts that / divides and that begin with no dot"
            )
        return self.places.objects(app) / key
