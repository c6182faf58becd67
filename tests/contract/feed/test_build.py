"""Releases built from this very tree, with its third-party wheels left out for speed."""

import asyncio
import hashlib
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from convox.errors import InvalidInput, NotFound, Refused, Taken
from convox.feed.build import Recipe, build
from convox.feed.built import read_built
from convox.feed.document import parse_release, serialise_release
from convox.feed.platforms import Platform
from convox.feed.release import on
from convox.feed.wheels import parse_lock
from convox.feedtool.command import main
from convox.feedtool.commands import _pack_images

TREE = Path(__file__).parents[3]
VERSION = "20260201123456"
LOCK = """\
small==1.0 ; python_version > "3" \\
    --hash=sha256:{hash} \\
    --hash=sha256:{other}
"""


@pytest.fixture
def recipe(tmp_path):
    """The tree, pinned to one wheel that is in the cache."""
    for python in ("3.11", "3.12"):
        wheel = tmp_path / "wheels" / f"{python}-x86_64-2.28" / "small-1.0-py3-none-any.whl"
        wheel.parent.mkdir(parents=True)
        wheel.write_bytes(b"a wheel")
    lock = tmp_path / "overlay" / "requirements" / "rack.txt"
    lock.parent.mkdir(parents=True)
    digest = hashlib.sha256(b"a wheel").hexdigest()
    lock.write_text(LOCK.format(hash=digest, other="0" * 64))
    return Recipe(
        tree=TREE,
        version=VERSION,
        wheels=tmp_path / "wheels",
        pack_images=_pack_images,
        overlays=(tmp_path / "overlay",),
    )


def test_release_has_all_that_a_slot_needs_when_it_was_built(recipe, tmp_path):
    out = tmp_path / "out"
    release = asyncio.run(build(recipe, out))
    own = f"convox-{VERSION}-py3-none-any.whl"
    names = {artifact.name for artifact in release.artifacts}
    assert names == {own, "small-1.0-py3-none-any.whl", "requirements.txt", "image-local.tar.gz"}
    assert read_built(out) == release
    hashes = {artifact.name: artifact.sha256 for artifact in release.artifacts}
    assert (out / "requirements.txt").read_text().splitlines() == [
        f"convox=={VERSION} --hash=sha256:{hashes[own]}",
        f"small==1.0 --hash=sha256:{hashes['small-1.0-py3-none-any.whl']}",
    ]
    assert release.version == VERSION
    assert release.images["local"].startswith("img-")
    assert release.components
    with zipfile.ZipFile(out / own) as wheel:
        text = wheel.read("convox/__init__.py").decode()
        assert "convox/keeper" in " ".join(wheel.namelist())
    assert f'__version__ = "{VERSION}"' in text


def test_release_has_the_same_bytes_when_it_is_built_elsewhere_and_later(recipe, tmp_path):
    asyncio.run(build(recipe, tmp_path / "one"))
    before = os.umask(0o077)
    try:
        other = copied(TREE, tmp_path / "a deeper" / "place")
        asyncio.run(build(replace(recipe, tree=other), tmp_path / "two"))
    finally:
        os.umask(before)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def copied(tree, place):
    """Copy what a release is built from, its files made in another order and last changed today."""
    place.mkdir(parents=True)
    for part in ("src", "requirements", "pyproject.toml", "release.toml", "README.md", "LICENSE"):
        source = tree / part
        files = [file for file in source.rglob("*") if file.is_file()] or [source]
        for file in sorted(files, reverse=True):
            if "__pycache__" not in file.parts:
                target = place / file.relative_to(tree)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.read_bytes())
                if file.stat().st_mode & 0o100:
                    target.chmod(0o700)
    return place


def contents(release):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in release.iterdir()}


PROMISE = '\n[platforms]\npython = ["3.11", "3.12"]\nmachines = ["aarch64"]\nglibc = "2.28"\n'


def promise(recipe, cache, names):
    """Promise Pythons 3.11 and 3.12 on ARM, and put a wheel of the package there for each."""
    for python, name in zip(("3.11", "3.12"), names, strict=True):
        part = cache / f"{python}-aarch64-2.28"
        part.mkdir()
        (part / name).write_bytes(name.encode())
    hashes = (hashlib.sha256(name.encode()).hexdigest() for name in names)
    lock = "small==1.0 " + " ".join(f"--hash=sha256:{digest}" for digest in hashes)
    (recipe.overlays[0] / "requirements" / "rack.txt").write_text(f"{lock}\n")
    text = (TREE / "release.toml").read_text()
    (recipe.overlays[0] / "release.toml").write_text(text[: text.index("[platforms]")] + PROMISE)


def test_release_has_a_wheel_for_each_platform_when_several_are_promised(recipe, tmp_path):
    names = [f"small-1.0-cp3{minor}-cp3{minor}-manylinux2014_aarch64.whl" for minor in (11, 12)]
    promise(recipe, tmp_path / "wheels", names)
    release = asyncio.run(build(recipe, tmp_path / "out"))
    assert {*names} < {artifact.name for artifact in release.artifacts}
    text = (tmp_path / "out" / "requirements.txt").read_text()
    assert text.count("small==1.0") == 1
    assert text.count("--hash=sha256:") == 3
    one = on(release, release.platforms[0])
    assert {part.name for part in release.artifacts} - {part.name for part in one.artifacts} == {
        names[1]
    }
    assert read_built(tmp_path / "out") == release


def test_build_is_refused_when_a_wheel_does_not_install_where_it_is_promised(recipe, tmp_path):
    name = "small-1.0-cp311-cp311-manylinux2014_aarch64.whl"
    promise(recipe, tmp_path / "wheels", [name, name])
    with pytest.raises(InvalidInput, match=rf"{name} does not install for Python 3.12 on"):
        asyncio.run(build(recipe, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_release_is_refused_when_its_promise_was_broken_after_the_build(recipe, tmp_path):
    release = asyncio.run(build(recipe, tmp_path / "out"))
    assert release.platforms == tuple(
        Platform(python=python, machine="x86_64", glibc="2.28") for python in ("3.11", "3.12")
    )
    forged = replace(release, artifacts=release.artifacts[1:])
    (tmp_path / "out" / "release.json").write_bytes(serialise_release(forged))
    with pytest.raises(Refused, match=r"convox 20260201123456 is not among its artifacts"):
        read_built(tmp_path / "out")


def test_variant_is_built_when_an_overlay_changes_files(recipe, tmp_path):
    plain = asyncio.run(build(recipe, tmp_path / "plain"))
    description = (TREE / "release.toml").read_text().replace("The first release.", "Another.")
    (tmp_path / "overlay" / "release.toml").write_text(description)
    agent = tmp_path / "overlay" / "src" / "convox" / "agent" / "extra.py"
    agent.parent.mkdir(parents=True)
    agent.write_text('"""More of an agent."""\n')
    variant = asyncio.run(build(recipe, tmp_path / "variant"))
    assert variant.notes == "Another."
    assert variant.images != plain.images
    assert variant.components == plain.components


def test_image_stays_when_only_the_version_changes(recipe, tmp_path):
    from dataclasses import replace

    one = asyncio.run(build(recipe, tmp_path / "one"))
    two = asyncio.run(build(replace(recipe, version="20260202000000"), tmp_path / "two"))
    assert one.images == two.images
    shared = {artifact.sha256 for artifact in one.artifacts}
    differing = [each.name for each in two.artifacts if each.sha256 not in shared]
    assert differing == ["convox-20260202000000-py3-none-any.whl", "requirements.txt"]


def test_an_overlay_that_is_not_there_is_refused(recipe, tmp_path):
    wrong = replace(recipe, overlays=(tmp_path / "nowhere",))
    with pytest.raises(InvalidInput, match=r"cannot lay over .*/nowhere: there is no such"):
        asyncio.run(build(wrong, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_nothing_is_left_when_the_build_fails(recipe, tmp_path):
    (tmp_path / "overlay" / "release.toml").write_text("notes = 7\n[surfaces]\n")
    with pytest.raises(InvalidInput, match=r"release.toml: Expected `str`, got `int`"):
        asyncio.run(build(recipe, tmp_path / "out"))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["overlay", "wheels"]


@pytest.mark.parametrize("version", ["latest", "20261399000000"])
def test_build_is_refused_when_the_version_is_no_time(version, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["build", str(TREE), "--version", version, "--out", str(out)]) == 1
    assert "ERROR: cannot " in capsys.readouterr().err
    assert not out.exists()


def test_build_is_refused_when_the_place_is_taken(recipe, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(Taken, match="name another directory"):
        asyncio.run(build(recipe, tmp_path / "out"))


def test_lock_is_refused_when_a_pin_has_no_hash():
    with pytest.raises(InvalidInput, match="b is pinned without a hash"):
        parse_lock(f"a==1 --hash=sha256:{'0' * 64}\nb==2\n")


def test_every_pin_of_this_tree_is_read_when_its_lock_is():
    text = (TREE / "requirements" / "rack.txt").read_text()
    pins = parse_lock(text)
    assert len(pins) == text.count("==")
    assert sum(len(pin.hashes) for pin in pins) == text.count("--hash=sha256:")


def test_this_tree_describes_itself_when_it_is_released():
    from convox.feed.description import read_description

    description = read_description(TREE)
    assert {"state", "agent", "router", "usage", "keeper"} <= description.surfaces.keys()
    with pytest.raises(NotFound, match=r"it has no release.toml"):
        read_description(TREE / "src")


def test_document_is_readable_when_it_was_built(recipe, tmp_path):
    release = asyncio.run(build(recipe, tmp_path / "out"))
    assert parse_release((tmp_path / "out" / "release.json").read_bytes()) == release
