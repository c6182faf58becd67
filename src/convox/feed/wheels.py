"""The third-party wheels of a release, exactly those that the tree's lock file pins."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from convox.errors import HostError, InvalidInput
from convox.feed.store import sha256_of
from convox.host.commands import check

_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A package in one version, and the hashes of the files that may be used for it."""

    name: str
    version: str
    hashes: frozenset[str]


def parse_lock(text: str) -> tuple[Pin, ...]:
    """Read a file of pinned requirements; ``InvalidInput`` where one has no hash."""
    starts = [*_PIN.finditer(text)]
    ends = [match.start() for match in starts[1:]] + [len(text)]
    pins = tuple(
        Pin(
            name=match[1],
            version=match[2],
            hashes=frozenset(_HASH.findall(text[match.end() : end])),
        )
        for match, end in zip(starts, ends, strict=False)  # there is an end where nothing is pinned
    )
    for pin in pins:
        if not pin.hashes:
            raise InvalidInput(f"cannot use the lock file: {pin.name} is pinned without a hash")
    return pins


async def collect(lock: Path, cache: Path) -> Mapping[Pin, Path]:
    """Return the wheel of each pin, from the cache, or downloaded into it once for all builds."""
    pins = parse_lock(lock.read_text())
    cache.mkdir(parents=True, exist_ok=True)
    found = _find(pins, cache)
    if len(found) < len(pins):
        await _download(lock, cache)
        found = _find(pins, cache)
    missing = [pin.name for pin in pins if pin not in found]
    if missing:
        raise HostError(f"cannot build: {cache} lacks the wheels of {', '.join(missing)}")
    return found


def requirement(name: str, version: str, wheel: Path) -> str:
    """Return the line that asks for exactly this file."""
    return f"{name}=={version} --hash=sha256:{sha256_of(wheel)}\n"


def _find(pins: Sequence[Pin], cache: Path) -> Mapping[Pin, Path]:
    by_hash = {sha256_of(wheel): wheel for wheel in sorted(cache.glob("*.whl"))}
    return {
        pin: by_hash[next(iter(pin.hashes & by_hash.keys()))]
        for pin in pins
        if pin.hashes & by_hash.keys()
    }


async def _download(lock: Path, cache: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    wheels_only = ["--only-binary", ":all:"]
    await check(
        [sys.executable, "-m", "pip", "download", *options, *wheels_only, "-r", lock, "-d", cache]
    )
