"""What a rack downloads for a hop against what changed in it."""

import zipfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from benchmarks.ground import Ground
from benchmarks.result import Result, times
from convox.feed.document import parse_release
from convox.feed.release import RackRelease

_KIB = 1024


def measure(ground: Ground) -> Result:
    """Compare the releases that follow each other, hop by hop."""
    names = list(ground.versions)
    folders = {name: ground.stage.home / "releases" / name for name in names}
    releases = {
        name: parse_release((folder / "release.json").read_bytes())
        for name, folder in folders.items()
    }
    first = sum(artifact.size for artifact in releases[names[0]].artifacts)
    rows = [[f"first install of {names[0]}", "", "", "", _kib(first), ""]]
    for old, new in pairwise(names):
        count, plain, packed = _changed(folders[old], folders[new])
        missing = _missing(releases[old], releases[new])
        rows.append(
            [
                f"{old} to {new}",
                str(count),
                _kib(plain),
                _kib(packed),
                _kib(missing),
                times(missing, packed),
            ]
        )
    return Result(
        title="The download of a hop against what changed",
        how=(
            "What changed: the files of the package that differ between two releases or are new,"
            " as they are and as the wheel packs them. Downloaded: the artifacts of the newer"
            " release that the store of the older one has not. KiB; the ratio is to what changed,"
            " packed."
        ),
        header=["hop", "files changed", "KiB", "packed", "downloaded", "ratio"],
        rows=rows,
        reading=(
            "Artifacts are whole wheels, so the least a hop costs is the rack's own wheel; all"
            " that it depends on is in the store already. The signed documents come on top,"
            " a few KiB."
        ),
    )


def _missing(old: RackRelease, new: RackRelease) -> int:
    there = {artifact.sha256 for artifact in old.artifacts}
    return sum(item.size for item in new.artifacts if item.sha256 not in there)


def _changed(old: Path, new: Path) -> tuple[int, int, int]:
    """Return how many files differ, with their bytes plain and packed."""
    before, after = _members(old), _members(new)
    changed = [
        member
        for name, member in after.items()
        if name not in before or before[name].CRC != member.CRC
    ]
    return (
        len(changed),
        sum(member.file_size for member in changed),
        sum(member.compress_size for member in changed),
    )


def _members(folder: Path) -> Mapping[str, zipfile.ZipInfo]:
    (wheel,) = folder.glob("convox-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {
            item.filename: item for item in archive.infolist() if ".dist-info/" not in item.filename
        }


def _kib(size: int) -> str:
    return f"{size / _KIB:,.1f}"
