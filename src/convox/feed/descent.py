"""What a release may not do to the forms that those before it have kept. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from convox.feed.release import Surface


def steps_back(lineage: Iterable[tuple[str, Mapping[str, Surface]]]) -> Iterator[str]:
    """Say of each release of a lineage, the oldest first, where an epoch goes back.

    A number that was used means what it meant then: racks would take the new form for the old one.
    """
    newest: dict[str, int] = {}
    kept: dict[str, frozenset[int]] = {}
    for version, surfaces in lineage:
        for name, surface in sorted(surfaces.items()):
            begun = surface.writes - kept.get(name, frozenset())
            back = sorted(epoch for epoch in begun if epoch <= newest.get(name, -1))
            if back:
                yield (
                    f"release {version} goes back to {name} {' and '.join(map(str, back))}, after"
                    f" {newest[name]} was written; give a new form a number of its own"
                )
            newest[name] = max(newest.get(name, 0), *surface.writes, 0)
            kept[name] = surface.writes
