"""The components of this release: the gauge is new, the meter stays for the release before."""

from collections.abc import Mapping
from pathlib import Path

from convox.components.component import Component
from convox.components.usage import usage


def _meter_is_well(home: Path) -> bool:
    return (home / "run" / "usage.json").exists()


def _gauge_is_well(home: Path) -> bool:
    return bool(usage(home))


COMPONENTS: Mapping[str, Component] = {
    component.name: component
    for component in (
        Component(name="meter", is_well=_meter_is_well),
        Component(name="gauge", is_well=_gauge_is_well),
    )
}
