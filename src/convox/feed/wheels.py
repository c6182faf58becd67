"""The third-party wheels of a release, exactly those that the tree's lock file pins."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from convox.errors import HostError, InvalidInput
from convox.feed.platforms import Platform, places
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


async def collect(
    lock: Path, cache: Path, platforms: Sequence[Platform]
) -> Mapping[Pin, Sequence[Path]]:
    """Return the wheels of each pin: for each platform one, which may be the same.

    They come from the cache, or are downloaded into it once for all builds. Each platform has a
    part of it, so that what is found does not depend on what else was built. Without any platform,
    the wheels are those for this machine.
    """
    pins = parse_lock(lock.read_text())
    parts = [(cache / _folder(each), _options(each)) for each in platforms] or [(cache, ())]
    found = [await _fill(part, lock, pins, options) for part, options in parts]
    return {pin: _distinct(wheels[pin] for wheels in found) for pin in pins}


def requirement(name: str, version: str, wheels: Iterable[Path]) -> str:
    """Return the line that asks for exactly one of these files."""
    hashes = sorted(f"--hash=sha256:{sha256_of(wheel)}" for wheel in wheels)
    return f"{name}=={version} {' '.join(hashes)}\n"


async def _fill(
    cache: Path, lock: Path, pins: Sequence[Pin], options: Sequence[str]
) -> Mapping[Pin, Path]:
    cache.mkdir(parents=True, exist_ok=True)
    found = _find(pins, cache)
    if len(found) < len(pins):
        await _download(lock, cache, options)
        found = _find(pins, cache)
    missing = [pin.name for pin in pins if pin not in found]
    if missing:
        raise HostError(f"cannot build: {cache} lacks the wheels of {', '.join(missing)}")
    return found


def _find(pins: Sequence[Pin], cache: Path) -> Mapping[Pin, Path]:
    by_hash = {sha256_of(wheel): wheel for wheel in cache.glob("*.whl")}
    return {
        pin: min(by_hash[digest] for digest in pin.hashes & by_hash.keys())
        for pin in pins
        if pin.hashes & by_hash.keys()
    }


def _distinct(wheels: Iterable[Path]) -> Sequence[Path]:
    by_name = {wheel.name: wheel for wheel in wheels}
    return [by_name[name] for name in sorted(by_name)]


def _folder(platform: Platform) -> str:
    return f"{platform.python}-{platform.machine}-{platform.glibc}"


def _options(platform: Platform) -> Sequence[str]:
    abi = f"cp{platform.python.replace('.', '')}"
    abis = (f"--abi={each}" for each in (abi, "abi3", "none"))
    chosen = ("--implementation=cp", f"--python-version={platform.python}")
    return (*chosen, *abis, *(f"--platform={place}" for place in places(platform)))


async def _download(lock: Path, cache: Path, options: Sequence[str]) -> None:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    wheels_only = ["--only-binary", ":all:", *options]
    await check(
        [sys.executable, "-m", "pip", "download", *quiet, *wheels_only, "-r", lock, "-d", cache]
    )
