"""What a build makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from convox.errors import InvalidInput
from convox.host.files import read_json, write_json
from convox.manifest.procfile import translate

_RECORD = ".convox-slug.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slug:
    """A built app: the manifest it was built by, and where each service starts."""

    directory: Path
    manifest: str
    """The name of the manifest's file."""
    services: Mapping[str, Path]


def manifest_of(directory: Path, name: str | None = None) -> tuple[str, str]:
    """Return the name of the app's manifest, and its text as that of a ``convox.yml``.

    Without a name it is ``convox.yml`` or else ``Procfile``.
    """
    for candidate in (name,) if name else ("convox.yml", "Procfile"):
        path = directory / candidate
        if path.is_file() and path.resolve().is_relative_to(directory.resolve()):
            text = _read(path)
            return candidate, translate(text) if path.name == "Procfile" else text
    wanted = name or "convox.yml and no Procfile"
    raise InvalidInput(f"cannot build the app: its source has no {wanted}; say there what to run")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(f"cannot read {path.name}: it is not UTF-8 text") from None


def load_slug(directory: Path) -> Slug | None:
    """Return the slug in the directory; ``None`` where none was finished."""
    try:
        record = read_json(directory / _RECORD)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Slug(
        directory=directory,
        manifest=record["manifest"],
        services={name: directory / folder for name, folder in record["services"].items()},
    )


def save_slug(slug: Slug) -> None:
    """Record that the slug is finished; comes last."""
    folders = {
        name: str(folder.relative_to(slug.directory)) for name, folder in slug.services.items()
    }
    write_json(slug.directory / _RECORD, {"manifest": slug.manifest, "services": folders})
