"""Make a release out of a source tree: its wheel, what the wheel needs, images, the document.

The same tree and version make the same bytes, so that a release can be checked by building it
again. The result is a directory that ``publish`` takes.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from convox.errors import InvalidInput, Taken
from convox.feed.built import DOCUMENT
from convox.feed.description import read_description
from convox.feed.document import check_version, serialise_release
from convox.feed.platforms import Platform
from convox.feed.promises import broken
from convox.feed.release import REQUIREMENTS, Artifact, RackRelease
from convox.feed.store import sha256_of
from convox.feed.wheels import collect, requirement
from convox.host.commands import check
from convox.host.files import link_or_copy, write_atomically

_PARTS = ("src", "requirements", "pyproject.toml", "release.toml", "README.md", "LICENSE")
_VERSION_LINE = re.compile(r'^__version__ = ".*"$', re.MULTILINE)
_SKIPPED = shutil.ignore_patterns("__pycache__", "*.pyc")
_COMPONENTS = (
    "from convox.components.table import COMPONENTS\n"
    "for component in COMPONENTS.values(): print(component.label)"
)

PackImages = Callable[[Path, Path], Mapping[str, str]]
"""Given the package's source and a directory, puts the images of all engines there, each as
``image_archive`` names it, and returns their ids by engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a release is built from.

    ``overlays`` have files that stand in the place of the tree's, a later one's in the place of an
    earlier one's; an empty file takes the tree's away. ``wheels`` is the cache of third-party
    wheels.
    """

    tree: Path
    version: str
    wheels: Path
    pack_images: PackImages
    overlays: tuple[Path, ...] = ()


async def build(recipe: Recipe, out: Path) -> RackRelease:
    """Build a release into ``out``, which must not be there yet."""
    moment = _moment(recipe.version)
    if out.exists():
        raise Taken(f"cannot build into {out}: it is there already; name another directory")
    out.parent.mkdir(parents=True, exist_ok=True)
    with _workplace(out) as (tree, draft):
        _copy(recipe, tree)
        _stamp(tree, recipe.version)
        description = read_description(tree)
        await _wheel(tree, draft, moment)
        platforms = description.platforms.platforms() if description.platforms else ()
        await _requirements(tree, draft, recipe, platforms)
        images = recipe.pack_images(tree / "src" / "convox", draft)
        release = RackRelease(
            version=recipe.version,
            notes=description.notes,
            surfaces=description.surfaces,
            images=images,
            artifacts=tuple(_artifact(file) for file in sorted(draft.iterdir())),
            components=await _components(tree),
            redeploy=description.redeploy,
            needs=description.needs,
            platforms=platforms,
        )
        _keep_promise(release, draft)
        write_atomically(draft / DOCUMENT, serialise_release(release))
        draft.rename(out)
    return release


@contextmanager
def _workplace(out: Path) -> Iterator[tuple[Path, Path]]:
    """Yield a place for the tree, and one for the result on the same file system as ``out``."""
    with (
        tempfile.TemporaryDirectory(prefix="convox-build-") as work,
        tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as draft,
    ):
        result = Path(draft) / "release"
        result.mkdir()
        yield Path(work) / "tree", result


def _copy(recipe: Recipe, tree: Path) -> None:
    if not (recipe.tree / "src" / "convox").is_dir():
        raise InvalidInput(
            f"cannot build {recipe.tree}: it has no src/convox; name the tree of a rack"
        )
    tree.mkdir()
    for part in _PARTS:
        source = recipe.tree / part
        if source.is_dir():
            shutil.copytree(source, tree / part, ignore=_SKIPPED)
        elif source.exists():
            shutil.copy(source, tree / part)
    for overlay in recipe.overlays:
        _lay_over(overlay, tree)


def _lay_over(overlay: Path, tree: Path) -> None:
    """Put the overlay's files in the place of the tree's; an empty one removes what it names."""
    if not overlay.is_dir():
        raise InvalidInput(f"cannot lay over {overlay}: there is no such directory")
    shutil.copytree(overlay, tree, ignore=_SKIPPED, dirs_exist_ok=True)
    for file in overlay.rglob("*"):
        if file.is_file() and file.stat().st_size == 0:
            (tree / file.relative_to(overlay)).unlink()


def _stamp(tree: Path, version: str) -> None:
    file = tree / "src" / "convox" / "__init__.py"
    text, count = _VERSION_LINE.subn(f'__version__ = "{version}"', file.read_text())
    if count != 1:
        raise InvalidInput(f"cannot build: {file.name} of the package has no line for its version")
    file.write_text(text)


def _moment(version: str) -> int:
    """Return the version's time, in seconds since 1970: the time that the wheel's files show."""
    try:
        moment = datetime.strptime(check_version(version), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput(f"cannot build version {version}: it is not a time in UTC") from error
    return int(moment.timestamp())


async def _wheel(tree: Path, out: Path, moment: int) -> None:
    await check(
        [sys.executable, "-m", "flit_core.wheel", tree, "--outdir", out],
        environment={"SOURCE_DATE_EPOCH": str(moment)},
    )


async def _requirements(
    tree: Path, out: Path, recipe: Recipe, platforms: Sequence[Platform]
) -> None:
    """Put the wheels beside the rack's own, and the file that asks for exactly all of these."""
    (own,) = out.glob("convox-*.whl")
    lines = [requirement("convox", recipe.version, [own])]
    found = await collect(tree / "requirements" / "rack.txt", recipe.wheels, platforms)
    for pin, wheels in found.items():
        for wheel in wheels:
            link_or_copy(wheel, out / wheel.name)
        lines.append(requirement(pin.name, pin.version, wheels))
    write_atomically(out / REQUIREMENTS, "".join(sorted(lines)))


async def _components(tree: Path) -> tuple[str, ...]:
    """Ask the tree itself, since it knows them by their content."""
    source = {"PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    answer = await check([sys.executable, "-c", _COMPONENTS], environment=source)
    return tuple(answer.split())


def _keep_promise(release: RackRelease, out: Path) -> None:
    found = "; ".join(broken(release, (out / REQUIREMENTS).read_text()))
    if found:
        raise InvalidInput(
            f"cannot build {release.version}: {found}; pin what does, or promise less in"
            " release.toml"
        )


def _artifact(file: Path) -> Artifact:
    return Artifact(name=file.name, size=file.stat().st_size, sha256=sha256_of(file))
