"""What a publisher may not do to a feed: leave racks no way on, or a wrong one. Pure."""

from collections.abc import Iterator, Sequence

from convox.feed.descent import steps_back
from convox.feed.index import Entry, Index, lineage, offered
from convox.feed.paths import before_next_stop, is_hop
from convox.feed.release import unreadable
from convox.feed.stops import Lineage, Stop, stops


def troubles(index: Index) -> tuple[str, ...]:
    """Return what is wrong with the feed, each as words for its publisher."""
    channels = sorted({channel for entry in index.entries for channel in entry.channels})
    return tuple(trouble for channel in channels for trouble in _troubles(index, channel))


def _troubles(index: Index, channel: str) -> Iterator[str]:
    yield from steps_back((entry.version, entry.surfaces) for entry in lineage(index, channel))
    candidates, found = offered(index, channel), stops(index, channel=channel)
    for position, release in enumerate(candidates):
        before = candidates[:position]
        if before and not any(is_hop(older, release, found) for older in reversed(before)):
            yield f"release {release.version} cannot be reached: {_gap(before, release, found)}"
            return
    if candidates:
        yield from reversed([*_stranded(index, channel, candidates)])


def _stranded(index: Index, channel: str, candidates: Sequence[Entry]) -> Iterator[str]:
    """Yield which racks have no way to the newest release, the newest of them first.

    Who hops to a release that has a way has one too: what was made of a stop on the way there is
    what whoever runs that release has made of it.
    """
    order, newest = Lineage(index, channel), candidates[-1]
    arriving = {newest.version}
    for running in reversed(index.entries):
        if not _may_run(running, channel) or running.version >= newest.version:
            continue
        ahead = order.stops(running)
        hops = before_next_stop(running, candidates, ahead)
        if any(hop.version in arriving and is_hop(running, hop, ahead) for hop in hops):
            arriving.add(running.version)
        else:
            yield (
                f"racks that run {running.version} have no way to {newest.version}:"
                f" {_gap([running], newest, ahead)}"
            )


def _may_run(entry: Entry, channel: str) -> bool:
    return entry.published and channel in entry.channels


def _gap(before: Sequence[Entry], release: Entry, found: tuple[Stop, ...]) -> str:
    newest = before[-1]
    passed = next((stop for stop in found if stop.is_passed(newest.version, release.version)), None)
    if passed is not None:
        return f"it lies past {passed.version}, which is required ({passed.why})"
    surfaces = ", ".join(unreadable(newest, release))
    return (
        f"it cannot read what {newest.version} keeps ({surfaces}), a contract without its expand;"
        " publish a release between the two that reads the old and writes both"
    )
