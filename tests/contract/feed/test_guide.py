"""The guide for publishers, typed as it stands there."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from convox.feedtool.command import main

GUIDE = Path(__file__).parents[3] / "docs" / "feed.md"
EPOCHS = {"20260105120000": "1", "20260112120000": "1", "20260119120000": "12"}


def commands():
    for block in re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE):
        yield from block.splitlines()


@pytest.mark.parametrize("workshop", ["folder"], indirect=True)
def test_each_command_does_what_the_guide_says(workshop, monkeypatch, capsys):
    place = workshop.home / "place"
    for version in sorted(set(re.findall(r"built/(\d{14})", GUIDE.read_text()))):
        built = workshop.build(version, epochs=EPOCHS.get(version, "12"))
        shutil.copytree(built, place / "built" / version)
    monkeypatch.chdir(place)
    said = {}
    for line in commands():
        words = shlex.split(line)
        if words[:2] == ["convox-feed", "build"]:
            continue
        if words[0] == "convox-feed":
            assert main(words[1:]) == 0, (line, capsys.readouterr())
            said[line] = capsys.readouterr().out
        else:
            subprocess.run(["/bin/sh", "-c", line], check=True)
    waits = [line for line, text in said.items() if "This waits for signatures" in text]
    assert [line.split()[1:3] for line in waits] == [["publish", "feed"], ["keys", "rotate"]]
    assert "publish 20260202120000" in said["convox-feed cosign feed"]
    assert "ERROR" not in said["convox-feed check feed"]
    assert main(["check", "mirrored"]) == 0
    assert "bert" not in capsys.readouterr().out
