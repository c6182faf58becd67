"""From the running release, the index and a wish to the releases to hop to. Pure.

Every way to start an update comes through ``find_route``: with a version or without, by a person or
by itself, for the first time or again. So there is none on which a required release could be
skipped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from convox.errors import NotFound, Refused
from convox.feed.document import check_version
from convox.feed.index import STABLE, Entry, Index, latest, offered, successors
from convox.feed.paths import Path, way
from convox.feed.release import Epochs, Surfaced, aged, kept, unreadable
from convox.feed.stops import Stop, stops


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The releases to hop to, toward ``wanted``.

    ``stopping`` says by version why one is required. ``reason`` says why the route ends before
    ``wanted``, and ``no_return`` from where on no way leads back; each empty where it does not.
    ``gone`` says by version what it writes and does not keep up.
    """

    path: Path
    wanted: str
    stopping: Mapping[str, str]
    reason: str
    no_return: str
    gone: Mapping[str, Mapping[str, Epochs]]

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
) -> Route:
    """Return the hops toward ``target``, or toward the newest release of the channel.

    It is one hop, or with ``through`` the whole way. The index has to reach back to the older of
    the two releases. What is ``gone`` on this rack does not count among what a release keeps.

    ``Refused`` where there is no such way, ``NotFound`` or ``InvalidInput`` where the version is
    none.
    """
    version = _newest(running, index, channel) if target is None else target
    wanted = _offered(version, running, index, channel)
    here = kept(running, aged(running, gone))
    found: Sequence[Stop] = ()
    if wanted.version < running.version:
        path = _back(here, index, wanted, channel)
    else:
        found = stops(index, channel=channel, running=running)
        path = _forward(running, index, wanted, channel=channel, found=found, gone=gone)
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
    )


def _newest(running: Surfaced, index: Index, channel: str) -> str:
    newest = latest(index, channel)
    if newest is None:
        raise Refused(f"cannot update: the feed offers no release in channel {channel}")
    if newest <= running.version:
        raise Refused(f"cannot update: the rack already runs the newest release, {running.version}")
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


def _forward(
    running: Surfaced,
    index: Index,
    wanted: Entry,
    *,
    channel: str,
    found: Sequence[Stop],
    gone: Mapping[str, Epochs],
) -> Path:
    for stop in found:
        if stop.is_passed(running.version, wanted.version) and wanted.version < stop.version:
            raise Refused(
                f"cannot update to {wanted.version}: it lies past {stop.since}, in whose place"
                f" {stop.version} stands, which is required ({stop.why}); use {stop.version}"
            )
    path = way(running, wanted, offered(index, channel), found, gone)
    if path is None:
        why = _no_way(kept(running, aged(running, gone)), wanted)
        raise Refused(
            f"cannot update to {wanted.version}: {why}; the feed lacks a"
            " release in between, tell its publisher"
        )
    return path


def _no_way(running: Surfaced, wanted: Entry) -> str:
    lost = unreadable(running, wanted)
    keeps = f"what {running.version} keeps ({', '.join(lost)})"
    return f"it cannot read {keeps}" if lost else "no way leads there past the required releases"


def _back(running: Surfaced, index: Index, wanted: Entry, channel: str) -> Path:
    """Return one hop to the wanted release, or as far toward it as there is a way back."""
    for older in offered(index, channel):
        if wanted.version <= older.version < running.version and not unreadable(running, older):
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
