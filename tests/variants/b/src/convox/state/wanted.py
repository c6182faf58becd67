"""What the rack wants of its instances and components, whoever asked for it.

Images are kept by engine from this release on. The release before knows only the one for the local
engine, so this one reads that and writes both.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from convox.state import facts


def image(connection: sa.Connection) -> str:
    """Return the image that instances should boot from."""
    found: str = facts.get(connection, "image") or facts.get(connection, "images")["local"]
    return found


def want_image(connection: sa.Connection, image: str) -> None:
    """Let instances boot from this image from now on."""
    facts.put(connection, "image", image)
    facts.put(connection, "images", {"local": image})


def components(connection: sa.Connection) -> frozenset[str]:
    """Return the labels of the components that should run."""
    return frozenset(facts.get(connection, "components") or ())


def want_components(connection: sa.Connection, labels: Iterable[str]) -> None:
    """Let exactly these components run from now on."""
    facts.put(connection, "components", sorted(labels))
