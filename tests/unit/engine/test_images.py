"""An image is what its id says."""

import gzip
import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import convox
from convox.engine.local.images import build_image, pack, unpack, verify
from convox.errors import EngineError

PACKAGE = Path(convox.__path__[0])


def artifact(path: Path, *members: tarfile.TarInfo) -> Path:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"\0" * member.size))
    path.write_bytes(gzip.compress(raw.getvalue()))
    return path


def member(name: str, **facts) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for key, value in facts.items():
        setattr(made, key, value)
    return made


def test_the_same_code_gives_the_same_id_and_other_code_another(tmp_path):
    first = build_image(PACKAGE, tmp_path / "a")
    assert build_image(PACKAGE, tmp_path / "b") == first
    copy = tmp_path / "convox" / "agent"
    copy.mkdir(parents=True)
    for path in (PACKAGE / "agent").glob("*.py"):
        (copy / path.name).write_bytes(path.read_bytes())
    assert build_image(tmp_path / "convox", tmp_path / "c") == first
    (copy / "main.py").write_text("# other\n")
    assert build_image(tmp_path / "convox", tmp_path / "c") != first


def test_packing_is_deterministic_and_unpacking_gives_the_image_back(tmp_path):
    image = build_image(PACKAGE, tmp_path / "a")
    packed = pack(tmp_path / "a" / image)
    assert packed == pack(tmp_path / "a" / image)
    (tmp_path / "artifact").write_bytes(packed)
    assert unpack(tmp_path / "artifact", tmp_path / "b") == image
    verify(tmp_path / "b" / image)
    assert unpack(tmp_path / "artifact", tmp_path / "b") == image


def test_what_running_leaves_in_an_image_does_not_change_it(tmp_path):
    image = tmp_path / build_image(PACKAGE, tmp_path)
    ended = subprocess.run([sys.executable, "-I", "-S", image], capture_output=True, check=False)
    assert b"usage" in ended.stderr
    assert list(image.rglob("*.pyc"))
    verify(image)


def test_a_damaged_image_is_found_and_replaced(tmp_path):
    image = tmp_path / build_image(PACKAGE, tmp_path)
    (image / "convox" / "agent" / "main.py").write_text("damaged")
    with pytest.raises(EngineError, match="its content is another"):
        verify(image)
    assert build_image(PACKAGE, tmp_path) == image.name
    verify(image)


def test_a_missing_image_is_named(tmp_path):
    with pytest.raises(EngineError, match="img-0: it is not here"):
        verify(tmp_path / "img-0")


EVIL = {
    "outside": member("../main.py"),
    "absolute": member("/tmp/main.py"),
    "no Python": member("convox/agent/x.so"),
    "a link": member("convox/agent/x.py", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "a device": member("convox/agent/x.py", type=tarfile.CHRTYPE),
    "too large": member("convox/agent/x.py", size=2_000_000),
}


@pytest.mark.parametrize("case", EVIL)
def test_an_artifact_that_is_no_image_is_refused(tmp_path, case):
    path = artifact(tmp_path / "artifact", member("__main__.py"), EVIL[case])
    with pytest.raises(EngineError, match="cannot unpack the image"):
        unpack(path, tmp_path / "images")
    assert not (tmp_path / "images").exists()


@pytest.mark.parametrize("keep", [0, 10, 500])
def test_a_cut_artifact_is_refused(tmp_path, keep):
    image = build_image(PACKAGE, tmp_path / "a")
    (tmp_path / "artifact").write_bytes(pack(tmp_path / "a" / image)[:keep])
    with pytest.raises(EngineError, match="cannot unpack"):
        unpack(tmp_path / "artifact", tmp_path / "b")
