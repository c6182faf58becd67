"""From the running release, the index and a wish to the releases to hop to. Pure.

Every way to start an update comes through ``find_route``: with a version or without, by a person or
by itself, for the first time or again. So there is none on which a required release could be
skipped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType

from convox.errors import NotFound, Refused
from convox.feed.condition import Closed, why_closed
from convox.feed.document import check_version
from convox.feed.index import STABLE, Entry, Index, latest, offered, published, successors
from convox.feed.paths import Path, way, ways
from convox.feed.release import Epochs, Redeploy, Surfaced, aged, kept, unreadable
from convox.feed.stops import Stop, stops


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The releases to hop to, toward ``wanted``.

    ``stopping`` says by version why one is required. ``reason`` says why the route ends before
    ``wanted``, and ``no_return`` from where on no way leads back; each empty where it does not.
    ``gone`` says by version what it writes and does not keep up, ``closed`` which newer releases a
    condition closes to this rack, and why. ``skipped`` says by version what apps gain through the
    releases that are passed over on the way to it.
    """

    path: Path
    wanted: str
    stopping: Mapping[str, str]
    reason: str
    no_return: str
    gone: Mapping[str, Mapping[str, Epochs]]
    closed: Mapping[str, str]
    skipped: Mapping[str, Sequence[Redeploy]]

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions to hop to, in order."""
        return tuple(entry.version for entry in self.path)


def find_route(
    running: Surfaced,
    index: Index,
    *,
    target: str | None,
    through: bool = False,
    channel: str = STABLE,
    gone: Mapping[str, Epochs] = MappingProxyType({}),
    closed: Closed = MappingProxyType({}),
) -> Route:
    """Return the hops toward ``target``, or toward the newest release of the channel.

    It is one hop, or with ``through`` the whole way. The index has to reach back to the older of
    the two releases. What is ``gone`` on this rack does not count among what a release keeps, and
    no hop is made that is ``closed`` to it; the newest release is then the newest that is open.

    ``Refused`` where there is no such way, ``NotFound`` or ``InvalidInput`` where the version is
    none.
    """
    version = _newest(running, index, channel) if target is None else target
    wanted = _offered(version, running, index, channel)
    here = kept(running, aged(running, gone))
    found: Sequence[Stop] = ()
    if wanted.version < running.version:
        path = _back(here, index, wanted, channel, closed)
    else:
        found = stops(index, channel=channel, running=running)
        terrain = _Terrain(running, offered(index, channel), found, gone, closed)
        path = terrain.way_to(wanted) or _as_far_as_open(terrain, wanted, target) or ()
        if not path:
            raise Refused(f"cannot update to {wanted.version}: {_no_way(terrain, wanted)}")
        wanted = path[-1]
    chosen = path if through else path[:1]
    stopping = {stop.version: stop.why for stop in found}
    lost = _gone_along(running, chosen, gone)
    return Route(
        path=chosen,
        wanted=wanted.version,
        stopping=stopping,
        reason=_reason(chosen[-1], wanted, here, stopping),
        no_return=_no_return(running, [kept(each, lost[each.version]) for each in chosen]),
        gone=lost,
        closed=_closed_before(running, version, offered(index, channel), closed),
        skipped=_skipped(running, chosen, published(index, channel)),
    )


def kept_from(
    running: Surfaced, index: Index, *, channel: str, gone: Mapping[str, Epochs], closed: Closed
) -> Mapping[str, str]:
    """Return which newer releases are closed to a rack, and why: themselves, or the way there."""
    if not closed:
        return {}
    found = stops(index, channel=channel, running=running)
    terrain = _Terrain(running, offered(index, channel), found, gone, closed)
    reached, opened = terrain.reached(), terrain.opened().reached()
    kept_out = (each.version for each in terrain.candidates if each.version not in reached)
    return {
        version: _what_closes(terrain, opened[version])
        if version in opened
        else why_closed(closed, running.version, version)
        for version in kept_out
        if version > running.version
    }


@dataclass(frozen=True, slots=True)
class _Terrain:
    """What lies before a rack, and what is in its way."""

    running: Surfaced
    candidates: Sequence[Entry]
    stops: Sequence[Stop]
    gone: Mapping[str, Epochs]
    closed: Closed

    def way_to(self, wanted: Entry) -> Path | None:
        """Return the way to a release, where there is one."""
        return way(
            self.running, wanted, self.candidates, self.stops, gone=self.gone, closed=self.closed
        )

    def why_stop(self, version: str) -> str:
        """Return why a release is required; empty where it is not."""
        return next((each.why for each in self.stops if each.version == version), "")

    def opened(self) -> "_Terrain":
        """Return the same as if nothing were closed."""
        return replace(self, closed={})

    def farthest(self) -> Path | None:
        """Return the way to the newest release that can be reached."""
        found = self.reached()
        return found[max(found)] if found else None

    def reached(self) -> Mapping[str, Path]:
        """Return the shortest way to each release that can be reached."""
        found: dict[str, Path] = {}
        for path in ways(
            self.running, self.candidates, self.stops, gone=self.gone, closed=self.closed
        ):
            found.setdefault(path[-1].version, path)
        return found


def _newest(running: Surfaced, index: Index, channel: str) -> str:
    newest = latest(index, channel)
    if newest is None:
        raise Refused(f"cannot update: the feed offers no release in channel {channel}")
    if newest <= running.version:
        raise Refused(
            f"cannot update: channel {channel} offers nothing newer than {running.version}, which"
            " runs"
        )
    return newest


def _offered(wanted: str, running: Surfaced, index: Index, channel: str) -> Entry:
    check_version(wanted)
    if wanted == running.version:
        raise Refused(f"cannot update to {wanted}: the rack already runs it")
    entry = index.find(wanted)
    if entry is None:
        raise NotFound(
            f"cannot update to {wanted}: the feed has no such release; the newest is"
            f" {latest(index, channel)}"
        )
    if entry.withdrawn is not None or wanted in successors(index, channel):
        raise Refused(f"cannot update to {wanted}: {_why_not(entry, index, channel)}")
    if not entry.published:
        raise Refused(f"cannot update to {wanted}: it is not published")
    if channel not in entry.channels:
        raise Refused(
            f"cannot update to {wanted}: it is in channel {', '.join(entry.channels)}, and this"
            f" rack follows {channel}"
        )
    return entry


def _why_not(wanted: Entry, index: Index, channel: str) -> str:
    why = "it was superseded"
    if wanted.withdrawn is not None:
        why = f"it was withdrawn: {wanted.withdrawn}"
    use = successors(index, channel).get(wanted.version) or latest(index, channel)
    return f"{why}; use {use}" if use else why


def _gone_along(
    running: Surfaced, path: Path, gone: Mapping[str, Epochs]
) -> Mapping[str, Mapping[str, Epochs]]:
    if path[-1].version < running.version:
        return {each.version: aged(each, gone) for each in path}
    found, lost = {}, aged(running, gone)
    for each in path:
        lost = found[each.version] = aged(each, lost)
    return found


def _skipped(
    running: Surfaced, path: Path, listed: Sequence[Entry]
) -> Mapping[str, Sequence[Redeploy]]:
    hops = pairwise((running.version, *(each.version for each in path)))
    return {
        target: [
            gain for entry in listed if origin < entry.version < target for gain in entry.redeploy
        ]
        for origin, target in hops
    }


def _as_far_as_open(terrain: _Terrain, newest: Entry, target: str | None) -> Path | None:
    """Return the way to the newest release that is open, where closures alone are in the way."""
    if target is not None or terrain.opened().way_to(newest) is None:
        return None
    return terrain.farthest()


def _closed_before(
    running: Surfaced, until: str, candidates: Sequence[Entry], closed: Closed
) -> Mapping[str, str]:
    """Return which newer releases are closed to who runs this one, up to a version, and why."""
    newer = (each.version for each in candidates if running.version < each.version <= until)
    found = {version: why_closed(closed, running.version, version) for version in newer}
    return {version: why for version, why in found.items() if why}


def _no_way(terrain: _Terrain, wanted: Entry) -> str:
    running = terrain.running
    for stop in terrain.stops:
        if stop.is_passed(running.version, wanted.version) and wanted.version < stop.version:
            return (
                f"it lies past {stop.since}, in whose place {stop.version} stands, which is"
                f" required ({stop.why}); use {stop.version}"
            )
    if open_way := terrain.opened().way_to(wanted):
        return f"{_barrier(terrain, open_way)}; wait for a release that is open to it"
    lost = unreadable(kept(running, aged(running, terrain.gone)), wanted)
    keeps = f"it cannot read what {running.version} keeps ({', '.join(lost)})"
    why = keeps if lost else "no way leads there past the required releases"
    return f"{why}; the feed lacks a release in between, tell its publisher"


def _barrier(terrain: _Terrain, path: Path) -> str:
    """Return which release on the way is closed, and why."""
    target, why = _first_closed(terrain, path)
    if target == path[-1].version:
        return f"it is closed to this rack: {why}"
    stop = terrain.why_stop(target)
    before = f", which is required before it ({stop})," if stop else " on the way"
    return f"the way is closed, {target}{before} is closed to this rack: {why}"


def _what_closes(terrain: _Terrain, path: Path) -> str:
    """Return why the end of a way is closed, by which release on it where that is another."""
    target, why = _first_closed(terrain, path)
    if target == path[-1].version:
        return why
    stop = terrain.why_stop(target)
    required = f" is required ({stop}) and" if stop else ""
    return f"on the way there {target}{required} is closed by {why}"


def _first_closed(terrain: _Terrain, path: Path) -> tuple[str, str]:
    """Return the first release on a way that is closed, and why."""
    origins = (terrain.running.version, *(each.version for each in path))
    found = ((each, why_closed(terrain.closed, *each)) for each in pairwise(origins))
    return next((target, why) for (_, target), why in found if why)


def _back(running: Surfaced, index: Index, wanted: Entry, channel: str, closed: Closed) -> Path:
    """Return one hop to the wanted release, or as far toward it as there is a way back."""
    if why := why_closed(closed, running.version, wanted.version):
        raise Refused(f"cannot go back to {wanted.version}: it is closed to this rack: {why}")
    for older in offered(index, channel):
        is_between = wanted.version <= older.version < running.version
        is_closed = why_closed(closed, running.version, older.version)
        if is_between and not is_closed and not unreadable(running, older):
            return (older,)
    point = _point_of_no_return(running, wanted, index, channel)
    raise Refused(f"cannot go back to {wanted.version}: {point}")


def _point_of_no_return(running: Surfaced, wanted: Entry, index: Index, channel: str) -> str:
    way_up: list[Surfaced] = [
        entry
        for entry in index.entries
        if wanted.version <= entry.version < running.version
        and entry.published
        and channel in entry.channels
    ]
    point = next((each for each in (*way_up, running) if unreadable(each, wanted)), running)
    lost = ", ".join(unreadable(running, wanted))
    return (
        f"{point.version} is the point of no return, it no longer writes what {wanted.version}"
        f" reads ({lost})"
    )


def _no_return(running: Surfaced, chosen: Sequence[Surfaced]) -> str:
    """Return from which release on there is no way back to the running one; empty if always."""
    for target in chosen:
        lost = unreadable(target, running)
        if lost and target.version > running.version:
            return (
                f"from {target.version} there is no way back to {running.version}, which cannot"
                f" read what it keeps ({', '.join(lost)})"
            )
    return ""


def _reason(end: Entry, wanted: Entry, running: Surfaced, stopping: Mapping[str, str]) -> str:
    if end.version == wanted.version:
        return ""
    lost = ", ".join(unreadable(running, wanted))
    if end.version < running.version:
        kept = f"{wanted.version} cannot read what {running.version} keeps ({lost})"
        return f"{end.version} is as far back as it goes: {kept}"
    if end.version in stopping:
        why = stopping[end.version]
        return f"{end.version} is required before {wanted.version}: {why}"
    why = f", which cannot read what {running.version} keeps ({lost})" if lost else ""
    return f"{end.version} is needed on the way to {wanted.version}{why}"
