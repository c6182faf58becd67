"""On which machines a release installs: what it promises, and whether its wheels keep that. Pure.

The rules are those of PEP 425 (tags), PEP 427 (names of wheels) and PEP 600 (glibc), for CPython on
Linux.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_OLD_NAMES = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_OLDEST = 5  # minor version of a glibc that wheels are built for
_MANYLINUX = re.compile(r"manylinux_(\d+)_(\d+)_(.+)")
_PYTHON = re.compile(r"(cp|py)(\d)(\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A Python on a machine: ``3.11``, ``x86_64``, and the lowest glibc, ``2.34``."""

    python: str
    machine: str
    glibc: str

    def __str__(self) -> str:
        """Return it for people."""
        return f"Python {self.python} on {self.machine} with glibc {self.glibc}"


def fits(wheel: str, platform: Platform) -> bool:
    """Say whether a wheel of this name installs on the platform."""
    parts = wheel.removesuffix(".whl").split("-")
    if not wheel.endswith(".whl") or len(parts) not in {5, 6}:
        return False
    pythons, abis, places = (part.split(".") for part in parts[-3:])
    return any(
        _is_place(place, abi, platform) and _is_python(python, abi, platform)
        for python in pythons
        for abi in abis
        for place in places
    )


def places(platform: Platform) -> Iterator[str]:
    """Yield the tags of a machine, the one that asks for most first."""
    major, newest = _number(platform.glibc)
    old = {number: name for name, number in _OLD_NAMES.items()}
    for minor in range(newest, _OLDEST - 1, -1):
        yield f"manylinux_{major}_{minor}_{platform.machine}"
        if (major, minor) in old:
            yield f"{old[major, minor]}_{platform.machine}"
    yield f"linux_{platform.machine}"


def runs_on(promised: Platform, platform: Platform) -> bool:
    """Say whether what installs on the promised platform does so on this one too."""
    is_same = (promised.python, promised.machine) == (platform.python, platform.machine)
    return is_same and _number(promised.glibc) <= _number(platform.glibc)


def unmet(wheels: Iterable[str], platforms: Iterable[Platform]) -> Iterator[str]:
    """Say on which platforms none of the wheels of a package installs."""
    names = sorted(wheels)
    for platform in platforms:
        if not any(fits(name, platform) for name in names):
            yield f"{' and '.join(names)} does not install for {platform}"


def _is_python(tag: str, abi: str, platform: Platform) -> bool:
    found = _PYTHON.fullmatch(tag)
    if found is None:
        return False
    kind, wanted = found[1], _number(platform.python)
    number = (int(found[2]), int(found[3])) if found[3] else (int(found[2]), 0)
    if kind == "cp" and abi == f"cp{wanted[0]}{wanted[1]}":
        return number == wanted
    if kind == "cp" and abi == "abi3":
        return (3, 2) <= number <= wanted
    return abi == "none" and number[0] == wanted[0] and _is_plain(kind, number, wanted)


def _is_plain(kind: str, number: tuple[int, int], wanted: tuple[int, int]) -> bool:
    """Say whether what needs no ABI runs: of an older Python, but of CPython only of the same."""
    return number == wanted if kind == "cp" else number <= wanted


def _is_place(tag: str, abi: str, platform: Platform) -> bool:
    if tag == "any":
        return abi == "none"
    if tag == f"linux_{platform.machine}":
        return True
    old, _, machine = tag.partition("_")
    if old in _OLD_NAMES:
        return machine == platform.machine and _OLD_NAMES[old] <= _number(platform.glibc)
    found = _MANYLINUX.fullmatch(tag)
    if found is None or found[3] != platform.machine:
        return False
    return (int(found[1]), int(found[2])) <= _number(platform.glibc)


def _number(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)
