"""Slots built by the real uv, offline, from small wheels that are made here."""

import asyncio
import base64
import hashlib
import importlib.util
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from convox.errors import HostError, StateError
from convox.feed.release import Artifact, RackRelease
from convox.feed.store import Store
from convox.update.slots import Slots

OLD, NEW = "20260101000000", "20260102000000"
WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
UNCHANGED = {"dependency/__init__.py": "VALUE = 1\n"}


@dataclass
class Rack:
    home: Path

    @property
    def store(self) -> Store:
        return Store(self.home / "store")

    @property
    def slots(self) -> Slots:
        return Slots(self.home / "slots", self.store)

    def release(self, version: str, own: Mapping[str, str]) -> RackRelease:
        """Put a release into the store: one wheel of its own, and one that never changes."""
        wheels = [self.wheel("own", version, own), self.wheel("dependency", "1", UNCHANGED)]
        lines = [
            f"{name}=={number} --hash=sha256:{wheel.sha256}\n"
            for (name, number), wheel in zip(
                [("own", version), ("dependency", "1")], wheels, strict=True
            )
        ]
        requirements = self._put("requirements.txt", "".join(lines).encode())
        return RackRelease(
            version=version, notes="", surfaces={}, images={}, artifacts=(*wheels, requirements)
        )

    def build(self, version: str, own: Mapping[str, str]) -> Path:
        return asyncio.run(self.slots.build(self.release(version, own)))

    def wheel(self, name: str, version: str, files: Mapping[str, str]) -> Artifact:
        information = f"{name}-{version}.dist-info"
        members = {
            **files,
            f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{information}/WHEEL": WHEEL,
        }
        record = "".join(f"{path},sha256={digest(text)},\n" for path, text in members.items())
        members[f"{information}/RECORD"] = f"{record}{information}/RECORD,,\n"
        file = self.home / "draft.zip"
        with zipfile.ZipFile(file, "w") as archive:
            for path, text in members.items():
                archive.writestr(zipfile.ZipInfo(path), text)
        return self._put(f"{name}-{version}-py3-none-any.whl", file.read_bytes())

    def _put(self, name: str, content: bytes) -> Artifact:
        sha256 = hashlib.sha256(content).hexdigest()
        artifact = Artifact(name=name, size=len(content), sha256=sha256)
        incoming = self.store.incoming(artifact)
        incoming.write_bytes(content)
        self.store.add(incoming, artifact)
        return artifact


@pytest.fixture
def rack(tmp_path: Path) -> Rack:
    return Rack(tmp_path)


def digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def says(slot: Path, code: str) -> str:
    command = [slot / "bin" / "python", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def file_in(slot: Path, name: str) -> Path:
    return next(slot.glob("lib/python*/site-packages")) / name


def bytecode(source: Path) -> Path:
    return Path(importlib.util.cache_from_source(str(source)))


def test_slot_runs_what_the_release_brought(rack: Rack):
    slot = rack.build(OLD, {"own/__init__.py": "WORD = 'old'\n"})
    assert says(slot, "import own, dependency; print(own.WORD, dependency.VALUE)") == "old 1"
    assert rack.slots.exists(OLD)
    assert rack.slots.python(OLD) == slot / "bin" / "python"
    rack.slots.verify(OLD)


def test_sources_and_bytecode_are_shared_when_they_did_not_change(rack: Rack):
    older = rack.build(OLD, {"own/__init__.py": "WORD = 'old'\n", "own/same.py": "A = 1\n"})
    newer = rack.build(NEW, {"own/__init__.py": "WORD = 'new'\n", "own/same.py": "A = 1\n"})
    for name in ("dependency/__init__.py", "own/same.py"):
        ours, theirs = file_in(newer, name), file_in(older, name)
        assert ours.samefile(theirs)
        assert bytecode(ours).samefile(bytecode(theirs))
    own = file_in(newer, "own/__init__.py")
    assert not own.samefile(file_in(older, "own/__init__.py"))
    assert not bytecode(own).samefile(bytecode(file_in(older, "own/__init__.py")))
    assert says(newer, "import own; print(own.WORD, own.__file__)") == f"new {own}"


def test_tracebacks_name_the_files_of_their_slot_when_bytecode_is_shared(rack: Rack):
    rack.build(OLD, {"own/__init__.py": "def f(): pass\n"})
    newer = rack.build(NEW, {"own/__init__.py": "def f(): pass\n"})
    named = says(newer, "import own; print(own.f.__code__.co_filename)")
    assert named == str(file_in(newer, "own/__init__.py"))


def test_slot_is_left_alone_when_it_is_there(rack: Rack):
    slot = rack.build(OLD, {"own/__init__.py": ""})
    before = slot.stat().st_ino
    assert rack.build(OLD, {"own/__init__.py": ""}).stat().st_ino == before


def test_slot_is_built_when_an_earlier_attempt_was_cut_off(rack: Rack):
    remains = rack.home / "slots" / f".{OLD}" / "bin"
    remains.mkdir(parents=True)
    (remains / "python").write_text("half")
    assert not rack.slots.exists(OLD)
    slot = rack.build(OLD, {"own/__init__.py": "WORD = 'old'\n"})
    assert says(slot, "import own; print(own.WORD)") == "old"
    assert [path.name for path in (rack.home / "slots").iterdir()] == [OLD]


def test_nothing_is_there_when_a_wheel_is_not_the_one_that_is_named(rack: Rack):
    release = rack.release(OLD, {"own/__init__.py": ""})
    other = rack.wheel("dependency", "1", {"dependency/__init__.py": "VALUE = 2\n"})
    rack.store.path(other.sha256).replace(rack.store.path(release.artifacts[1].sha256))
    with pytest.raises(HostError, match=r"dependency-1-py3-none-any\.whl is not in the store"):
        asyncio.run(rack.slots.build(release))
    assert not rack.slots.exists(OLD)


def test_slot_is_refused_when_an_artifact_was_not_fetched(rack: Rack):
    release = rack.release(OLD, {"own/__init__.py": ""})
    rack.store.path(release.artifacts[0].sha256).unlink()
    with pytest.raises(HostError, match=f"own-{OLD}-py3-none-any.whl is not in the store"):
        asyncio.run(rack.slots.build(release))


def test_damage_is_named_when_a_file_was_changed(rack: Rack):
    slot = rack.build(OLD, {"own/__init__.py": "WORD = 'old'\n"})
    source = file_in(slot, "own/__init__.py")
    source.unlink()
    source.write_text("WORD = 'odd'\n")
    with pytest.raises(StateError, match=f"cannot use slot {OLD}: .*own/__init__.py is damaged"):
        rack.slots.verify(OLD)


def test_only_what_is_kept_takes_space_after_pruning(rack: Rack):
    older = rack.build(OLD, {"own/__init__.py": "WORD = 'old'\n"})
    newer = rack.build(NEW, {"own/__init__.py": "WORD = 'new'\n"})
    archives = rack.home / "cache" / "uv"
    before = len(list(archives.glob("archive-*/*")))
    rack.slots.prune({NEW})
    assert not older.exists()
    assert says(newer, "import own; print(own.WORD)") == "new"
    assert len(list(archives.glob("archive-*/*"))) == before - 1
    again = rack.build(OLD, {"own/__init__.py": "WORD = 'old'\n"})
    assert says(again, "import own; print(own.WORD)") == "old"


def test_broken_source_does_not_keep_a_slot_from_being_built(rack: Rack):
    slot = rack.build(OLD, {"own/__init__.py": "", "own/template.py": "def {{ name }}"})
    assert bytecode(file_in(slot, "own/__init__.py")).exists()
    assert not bytecode(file_in(slot, "own/template.py")).exists()
