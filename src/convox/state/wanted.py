"""What the rack wants of its instances and components, whoever asked for it.

The reconcilers compare it with what is; an update changes it and waits.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from convox.state import facts


def image(connection: sa.Connection) -> str:
    """Return the image that instances should boot from."""
    found: str = facts.get(connection, "image")
    return found


def want_image(connection: sa.Connection, image: str) -> None:
    """Let instances boot from this image from now on."""
    facts.put(connection, "image", image)


def components(connection: sa.Connection) -> frozenset[str]:
    """Return the labels of the components that should run."""
    return frozenset(facts.get(connection, "components") or ())


def want_components(connection: sa.Connection, labels: Iterable[str]) -> None:
    """Let exactly these components run from now on."""
    facts.put(connection, "components", sorted(labels))
