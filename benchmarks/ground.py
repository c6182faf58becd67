"""The rack that is measured: the demo's, in a place of its own, made when first asked for."""

import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from demo.__main__ import (
    RACK,
    RELEASES,
    Ports,
    deploy,
    install,
    publish_four_releases,
    send_traffic,
    take_down,
)
from demo.screen import Screen
from demo.stage import Stage

from benchmarks.updates import MeasuredUpdate, update_in_turn


class Ground:
    """A feed, a rack and its updates; each is made once, and is there for all benchmarks."""

    def __init__(self, screen: Screen) -> None:
        """Make the directory, and nothing else yet."""
        self.screen = screen
        self.stage = Stage(home=Path(tempfile.mkdtemp(prefix="convox-bench-")))
        self.stage.home.chmod(0o755)

    @property
    def home(self) -> Path:
        """The rack's home."""
        return self.stage.home / "racks" / RACK

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """The releases in the feed, by letter."""
        return publish_four_releases(self.stage, self.screen)

    @cached_property
    def ports(self) -> Ports:
        """The rack's ports; it runs the first release, with an app."""
        ports = install(self.stage, self.screen, self.versions["A"])
        deploy(self.stage, self.screen)
        return ports

    @cached_property
    def updates(self) -> tuple[MeasuredUpdate, ...]:
        """Updates under load, one to each further release."""
        traffic = send_traffic(self.stage, self.ports)
        targets = {name: self.versions[name] for name in list(RELEASES)[1:]}
        try:
            return update_in_turn(self.stage, self.home, traffic, targets, self.screen)
        finally:
            traffic.kill()

    def clear(self) -> None:
        """Take down what was made."""
        take_down(self.stage, self.screen)
