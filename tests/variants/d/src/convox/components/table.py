"""The components of this release."""

from collections.abc import Mapping
from pathlib import Path

from convox.components.component import Component
from convox.components.usage import usage


def _gauge_is_well(home: Path) -> bool:
    return bool(usage(home))


COMPONENTS: Mapping[str, Component] = {
    component.name: component for component in (Component(name="gauge", is_well=_gauge_is_well),)
}
