"""Find the programs of a server: the system's, else those that come with the rack.

What comes with the rack is copied out of its slot first, into ``servers/<name>-<version>``, so that
data outlives the version of the rack that began it.
"""

import asyncio
import importlib.util
import re
import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from convox.host.commands import run

_UNUSED = shutil.ignore_patterns("include", "*.a", "pkgconfig", "__pycache__")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The programs of one version of a server; ``directory`` holds them."""

    directory: Path
    version: str

    @property
    def major(self) -> int:
        """The number within which data stays readable."""
        return int(self.version.partition(".")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Where the programs of one server may be.

    ``package`` is the distribution that brings them with the rack, ``inside`` their directories
    within it, ``copied`` what of its parent directory they need.
    """

    name: str
    executable: str
    system: Callable[[], Iterable[Path]]
    package: str
    inside: str
    copied: tuple[str, ...]

    async def found(self, home: Path, user: str | None) -> AsyncGenerator[Program, None]:
        """Yield the programs that the user can run, the system's first; ``keep`` the one used."""
        kept = (home / "servers").glob(f"{self.name}-*/{self.package}/{self.inside}")
        for directory in (*self.system(), *sorted(kept, reverse=True)):
            version = await self._version(directory, user)
            if version:
                yield Program(directory=directory, version=version)
        for source in self._packaged():
            version = await self._version(source, None)
            if version:
                yield Program(directory=source, version=version)

    async def keep(self, program: Program, home: Path) -> Program:
        """Return the same program from where it stays, copied there if it came with the rack."""
        if not program.directory.is_relative_to(self._site):
            return program
        directory = home / "servers" / f"{self.name}-{program.version}"
        await asyncio.to_thread(self._copy, program.directory, directory)
        below = program.directory.relative_to(self._site)
        return Program(directory=directory / below, version=program.version)

    @property
    def _site(self) -> Path:
        spec = importlib.util.find_spec(self.package)
        if spec is None or spec.origin is None:
            raise RuntimeError(f"{self.package} is not installed with the rack")
        return Path(spec.origin).parent.parent

    def _packaged(self) -> Iterable[Path]:
        """Return the directories of the package, the newest version first."""
        return sorted(self._site.glob(f"{self.package}/{self.inside}"), reverse=True)

    async def _version(self, directory: Path, user: str | None) -> str | None:
        """Return the version that the program states; ``None`` where the user cannot run it."""
        try:
            result = await run([directory / self.executable, "--version"], cwd=Path("/"), user=user)
        except OSError:
            return None
        match = re.search(r"[ =]([0-9]+\.[0-9.]*[0-9])", result.output)
        return match[1] if result.status == 0 and match else None

    def _copy(self, source: Path, directory: Path) -> None:
        """Two may copy at once; whoever comes second drops its own."""
        if directory.exists():
            return
        directory.parent.mkdir(exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}."))
        tree = source.parent.relative_to(self._site)
        try:
            shutil.copytree(source.parent, draft / tree, symlinks=True, ignore=_UNUSED)
            for name in self.copied:
                shutil.copytree(self._site / name, draft / name, symlinks=True)
            draft.chmod(0o755)
            _give_name(draft, directory)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _give_name(draft: Path, directory: Path) -> None:
    try:
        draft.rename(directory)
    except OSError:
        if not directory.exists():
            raise
