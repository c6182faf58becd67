"""The noun."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A program that the rack keeps running. ``is_well`` is given the rack's home."""

    name: str
    is_well: Callable[[Path], bool]

    @property
    def source(self) -> Path:
        """The program, one file."""
        return PROGRAMS / f"{self.name}.py"

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits of what the program's file says."""
        return hashlib.sha256(self.source.read_bytes()).hexdigest()[:12]

    @property
    def label(self) -> str:
        """Name and digest: this program and no other."""
        return f"{self.name}-{self.digest}"
