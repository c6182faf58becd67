"""Where the files of apps are, below the rack's home."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Paths only; whoever writes makes the directories."""

    home: Path

    def objects(self, app: str) -> Path:
        """Files that were uploaded for the app."""
        return self.home / "objects" / app

    def slugs(self, app: str) -> Path:
        """Its builds, ready to run."""
        return self.home / "slugs" / app

    def slug(self, app: str, build: str) -> Path:
        """What one build left."""
        return self.slugs(app) / build

    def build_logs(self, app: str) -> Path:
        """What its builds said."""
        return self.home / "logs" / "builds" / app

    def build_log(self, app: str, build: str) -> Path:
        """What one build said."""
        return self.build_logs(app) / f"{build}.log"

    @property
    def rack_log(self) -> Path:
        """What the rack says of itself."""
        return self.home / "logs" / "rack.log"
