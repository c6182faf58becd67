"""Turn an uploaded source into a slug.

A slug is built where it will stay, since what installs dependencies writes absolute paths; its
record comes last, and a directory without one is no slug. Whatever fails leaves nothing.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from convox.engine.local.builder.archive import unpack
from convox.engine.local.builder.node import prepare_node
from convox.engine.local.builder.ownership import give, seal
from convox.engine.local.builder.python import prepare_python
from convox.engine.local.builder.slug import Slug, load_slug, manifest_of, save_slug
from convox.engine.local.builder.workshop import Workshop
from convox.errors import InvalidInput
from convox.manifest.parse import parse
from convox.manifest.types import Manifest, Service

_FOLDERS = "this rack runs folders, not containers"


async def build(
    archive: Path,
    slug: Path,
    *,
    say: Callable[[str], None],
    user: str | None,
    home: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
    manifest: str | None = None,
) -> Slug:
    """Build the ``tar.gz`` at ``archive`` into the directory ``slug``, as ``user``.

    ``say`` gets each line of the build. ``home`` is the home directory and cache that builds share.
    ``environment`` is the app's, for its manifest alone; ``manifest`` is the file's name where it
    is not the usual one. A slug that is finished is returned as it is.
    """
    finished = load_slug(slug)
    if finished:
        return finished
    discard(slug)
    slug.mkdir(parents=True)
    try:
        say("Unpacking the source")
        await asyncio.to_thread(unpack, archive, slug)
        name, text = manifest_of(slug, manifest)
        services = _folders(parse(text, environment, name=name), slug)
        await _install(slug, services, Workshop(home=home, user=user, say=say))
        built = Slug(directory=slug, manifest=name, services=services)
        save_slug(built)
    except BaseException:
        await asyncio.to_thread(discard, slug)
        raise
    return built


def discard(slug: Path) -> None:
    """Remove a slug. It leaves its name at once, so that nobody meets half of it."""
    doomed = slug.with_name(f".{slug.name}.discarded")
    shutil.rmtree(doomed, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        slug.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)


async def _install(directory: Path, services: Mapping[str, Path], workshop: Workshop) -> None:
    """Get every folder what it depends on, with the slug in the app user's hands meanwhile."""
    workshop.open()
    await asyncio.to_thread(give, directory, workshop.user)
    for folder in sorted(set(services.values())):
        workshop.say(f"Building {folder.relative_to(directory)}")
        await prepare_python(folder, workshop)
        await prepare_node(folder, workshop)
    await asyncio.to_thread(seal, directory, workshop.user)


def _folders(manifest: Manifest, directory: Path) -> Mapping[str, Path]:
    return {name: _folder(service, directory) for name, service in manifest.services.items()}


def _folder(service: Service, directory: Path) -> Path:
    """Return where the service starts; ``InvalidInput`` where this engine cannot run it."""
    refusal = f"cannot build service '{service.name}'"
    if service.build is None:
        remedy = "say 'build' and 'command' in place of 'image'"
        raise InvalidInput(f"{refusal}: it is an image, and {_FOLDERS}; {remedy}")
    if not service.command:
        remedy = "give it the 'command' that is the CMD of its Dockerfile"
        raise InvalidInput(f"{refusal}: it has no command, and {_FOLDERS}; {remedy}")
    folder = directory / service.build
    if not folder.is_dir():
        raise InvalidInput(f"{refusal}: the source has no folder '{service.build}'")
    return folder
