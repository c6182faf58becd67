"""What of a folder is packed, and how."""

import os
import tarfile

import pytest

from convox.cli.archive import pack
from convox.cli.machine import Machine


@pytest.fixture
def packed(folder):
    """Return what packs the folder and gives its members by their names."""

    def act(manifest="convox.yml"):
        machine = Machine({}, str(folder), *(None,) * 3)
        with tarfile.open(fileobj=pack(machine, str(folder), manifest)) as archive:
            return {member.name: member for member in archive.getmembers()}

    return act


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def test_all_is_packed_but_git_with_relative_names_in_order(packed, folder):
    make(folder, "convox.yml", "src/b", "src/a", ".git/config", ".env")
    assert list(packed()) == [".env", "convox.yml", "src", "src/a", "src/b"]


def test_ignored_files_stay_out_and_the_manifest_never(packed, folder):
    make(folder, "convox.yml", "a.log", "node_modules/x/y", "src/main", "src/test", ".venv/x")
    (folder / ".dockerignore").write_text("*.yml\n*.log\nnode_modules\nsrc\n!src/main\n")
    (folder / ".convoxignore").write_text(".venv\n")
    assert list(packed()) == [".convoxignore", ".dockerignore", "convox.yml", "src/main"]


def test_another_manifest_is_kept_as_well(packed, folder):
    make(folder, "deploy/other.yml", "x")
    (folder / ".dockerignore").write_text("*\n")
    assert list(packed("deploy/other.yml")) == ["deploy/other.yml"]


def test_links_stay_links_and_modes_stay(packed, folder):
    make(folder, "run")
    (folder / "run").chmod(0o755)
    (folder / "link").symlink_to("run")
    (folder / "dangling").symlink_to("nowhere")
    os.link(folder / "run", folder / "second")
    found = packed()
    assert (found["link"].issym(), found["link"].linkname) == (True, "run")
    assert found["dangling"].issym()
    assert found["run"].mode == 0o755
    assert (found["second"].isreg(), found["second"].size) == (True, 3)
    assert {member.uid for member in found.values()} == {0}


def test_what_is_no_file_is_passed_over(packed, folder):
    make(folder, "a")
    os.mkfifo(folder / "pipe")
    assert list(packed()) == ["a"]
