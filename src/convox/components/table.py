"""The components of this release."""

from collections.abc import Mapping
from pathlib import Path

from convox.components.component import Component


def _meter_is_well(home: Path) -> bool:
    return (home / "run" / "usage.json").exists()


COMPONENTS: Mapping[str, Component] = {
    component.name: component for component in (Component(name="meter", is_well=_meter_is_well),)
}
