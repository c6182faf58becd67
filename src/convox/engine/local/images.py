"""What instances boot from: the agent's code in a directory whose name is a hash of its content."""

import gzip
import hashlib
import io
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from convox.errors import EngineError
from convox.host.files import write_atomically, write_json

_MAIN = b"from convox.agent.main import main\n\nmain()\n"
_AGENT = Path("convox/agent")
_DIGITS = 12
_LONGEST = 1024 * 1024  # bytes of one file of an image

Content = Mapping[str, bytes]
"""The files of an image by their path in it."""


def build_image(package: Path, images: Path) -> str:
    """Make the image of the ``convox`` package at ``package``, below ``images``; return its id."""
    content = {"__main__.py": _MAIN}
    for path in sorted((package / "agent").glob("*.py")):
        content[str(_AGENT / path.name)] = path.read_bytes()
    return _place(content, images)


def pack(image: Path) -> bytes:
    """Return an image as one artifact, a ``tar.gz`` with nothing in it of when or by whom."""
    verify(image)
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in sorted(_content(image).items()):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), mtime=0)


def unpack(artifact: Path, images: Path) -> str:
    """Put the image in ``artifact`` below ``images`` and return its id, which its content gives."""
    try:
        with tarfile.open(artifact, "r:gz") as archive:
            content = {_safe_name(member): _read(archive, member) for member in archive}
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise EngineError(f"cannot unpack the image {artifact.name}: {error}") from error
    return _place(content, images)


def verify(image: Path) -> None:
    """Fail with ``EngineError`` unless the image is whole and has the content of its name."""
    if not image.is_dir():
        raise EngineError(f"cannot use image {image.name}: it is not here")
    if _id(_content(image)) != image.name:
        raise EngineError(f"cannot use image {image.name}: its content is another; unpack it anew")


def _place(content: Content, images: Path) -> str:
    """Write an image so that it is whole or not there, in place of one that is damaged."""
    identity = _id(content)
    target = images / identity
    if target.is_dir() and _id(_content(target)) == identity:
        return identity
    images.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=images, prefix=f".{identity}."))
    try:
        for name, data in content.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(draft / name, data)
        write_json(draft / "image.json", {"id": identity, "engine": "local"})
        draft.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        draft.replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return identity


def _content(image: Path) -> Content:
    return {
        str(path.relative_to(image)): path.read_bytes()
        for path in image.rglob("*.py")
        if path.is_file()
    }


def _id(content: Content) -> str:
    digest = hashlib.sha256()
    for name, data in sorted(content.items()):
        digest.update(f"{name} {hashlib.sha256(data).hexdigest()}\n".encode())
    return f"img-{digest.hexdigest()[:_DIGITS]}"


def _safe_name(member: tarfile.TarInfo) -> str:
    """Return the name of a member that may be in an image: a Python file, within it."""
    path = Path(member.name)
    if not member.isreg() or path.is_absolute() or ".." in path.parts or path.suffix != ".py":
        raise ValueError(f"{member.name} does not belong into an image")
    return member.name


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.size > _LONGEST:
        raise ValueError(f"{member.name} is too large")
    stream = archive.extractfile(member)
    if stream is None:
        raise ValueError(f"{member.name} is no file")
    return stream.read()
