"""Compile what is new in a slot, and share the rest with a slot that has it already."""

import filecmp
import importlib.util
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from convox.host import commands


def share(slot: Path, donor: Path) -> None:
    """Take the sources that both slots have, and their bytecode, from the other slot.

    Bytecode is valid for a source of one time and size (PEP 552), hence for the very same file. The
    path that it names is put right when it is loaded.
    """
    for source in _uncompiled(slot):
        theirs = donor / source.relative_to(slot)
        with suppress(OSError):  # It is not there too, or has no bytecode: it will be compiled.
            if _become_same(source, theirs):
                ours = _bytecode(source)
                ours.parent.mkdir(exist_ok=True)
                ours.hardlink_to(_bytecode(theirs))


async def compile_rest(slot: Path) -> None:
    """Compile what has no bytecode yet.

    A file that does not compile is one that nobody imports, so that is no reason to fail.
    """
    listed = slot / "uncompiled"
    listed.write_text("".join(f"{source}\n" for source in _uncompiled(slot)))
    python = (slot / "bin" / "python", "-I", "-S")
    at_once = ("-j", str(os.cpu_count() or 1))
    await commands.run([*python, "-m", "compileall", "-q", *at_once, "-i", listed])
    listed.unlink()


def _become_same(source: Path, theirs: Path) -> bool:
    """Link the other slot's file in place of one of the same content."""
    if theirs.samefile(source):
        return True
    if not filecmp.cmp(source, theirs, shallow=False):
        return False
    draft = source.with_suffix(".draft")
    draft.hardlink_to(theirs)
    draft.replace(source)
    return True


def _uncompiled(slot: Path) -> Iterator[Path]:
    for directory, _, names in os.walk(slot / "lib"):
        for name in names:
            source = Path(directory, name)
            if source.suffix == ".py" and not _bytecode(source).exists():
                yield source


def _bytecode(source: Path) -> Path:
    return Path(importlib.util.cache_from_source(str(source)))
