"""From the running release, the feed and a wish to a plan. Pure.

Every way to start an update comes through ``plan``: with a version or without, by a person or by
itself, for the first time or again. So there is none on which a required release could be skipped.
"""

from collections.abc import Mapping, Sequence

from convox.errors import NotFound, Refused
from convox.feed.document import check_version
from convox.feed.index import STABLE, Index, latest, offered, successors
from convox.feed.paths import Path, way
from convox.feed.release import RackRelease, unreadable
from convox.feed.stops import Stop, stops
from convox.plan.hops import hops_along
from convox.plan.plan import Move, Plan

Releases = Mapping[str, RackRelease]


def plan(
    running: RackRelease,
    index: Index,
    releases: Releases,
    *,
    target: str | None,
    through: bool = False,
    channel: str = STABLE,
    engine: str = "local",
    image: str | None = None,
    machines: int = 0,
    moves: tuple[Move, ...] = (),
) -> Plan:
    """Return the hops toward ``target``, or toward the newest release of the channel.

    The plan is one hop long, or with ``through`` as long as the way is. ``releases`` holds the
    documents of ``documents_needed``. ``image`` is what the engine's instances boot from, where
    that is not the running release's. A roll would replace ``machines`` of them and make ``moves``.
    What the running release keeps up no more does not count among what it writes
    (``feed.release.without``).

    ``Refused`` where there is no such way, ``NotFound`` or ``InvalidInput`` where the version is
    none.
    """
    wanted = _newest(running, index, channel) if target is None else target
    _check_offered(wanted, running, index, channel)
    found: Sequence[Stop] = ()
    if wanted < running.version:
        path = _back(running, index, releases, wanted=wanted, channel=channel)
    else:
        found = stops(index, releases, channel=channel, running=running)
        path = _forward(running, index, releases, wanted=wanted, channel=channel, found=found)
    chosen = path if through else path[:1]
    stopping = {stop.version: stop.why for stop in found}
    hops = hops_along(running, chosen, stopping, engine=engine, image=image)
    rolls = any(hop.rolls_instances for hop in hops)
    return Plan(
        running=running.version,
        target=chosen[-1].version,
        wanted=wanted,
        hops=hops,
        stops_at=tuple(each.version for each in chosen if each.version in stopping),
        reason=_reason(chosen[-1], releases[wanted], running, stopping),
        machines=machines if rolls else 0,
        moves=moves if rolls else (),
        no_return=_no_return(running, chosen),
    )


def documents_needed(
    index: Index, *, running: str, target: str | None, channel: str = STABLE
) -> tuple[str, ...]:
    """Return the versions whose documents ``plan`` wants."""
    oldest = running if target is None else min(running, target)
    return tuple(
        entry.version
        for entry in index.entries
        if entry.version >= oldest and entry.published and channel in entry.channels
    )


def _newest(running: RackRelease, index: Index, channel: str) -> str:
    newest = latest(index, channel)
    if newest is None:
        raise Refused(f"cannot update: the feed offers no release in channel {channel}")
    if newest <= running.version:
        raise Refused(f"cannot update: the rack already runs the newest release, {running.version}")
    return newest


def _check_offered(wanted: str, running: RackRelease, index: Index, channel: str) -> None:
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
        raise Refused(f"cannot update to {wanted}: {_why_not(wanted, index, channel)}")
    if not entry.published:
        raise Refused(f"cannot update to {wanted}: it is not published")
    if channel not in entry.channels:
        raise Refused(
            f"cannot update to {wanted}: it is in channel {', '.join(entry.channels)}, and this"
            f" rack follows {channel}"
        )


def _why_not(wanted: str, index: Index, channel: str) -> str:
    entry, instead = index.find(wanted), successors(index, channel).get(wanted)
    why = "it was superseded"
    if entry is not None and entry.withdrawn is not None:
        why = f"it was withdrawn: {entry.withdrawn}"
    use = instead or latest(index, channel)
    return f"{why}; use {use}" if use else why


def _forward(
    running: RackRelease,
    index: Index,
    releases: Releases,
    *,
    wanted: str,
    channel: str,
    found: Sequence[Stop],
) -> Path:
    for stop in found:
        if stop.is_passed(running.version, wanted) and wanted < stop.version:
            raise Refused(
                f"cannot update to {wanted}: it lies past {stop.since}, in whose place"
                f" {stop.version} stands, which is required ({stop.why}); use {stop.version}"
            )
    versions = [each for each in offered(index, channel) if each > running.version]
    path = way(running, releases[wanted], [releases[each] for each in versions], found)
    if path is None:
        raise Refused(
            f"cannot update to {wanted}: {_no_way(running, releases[wanted])}; the feed lacks a"
            " release in between, tell its publisher"
        )
    return path


def _no_way(running: RackRelease, wanted: RackRelease) -> str:
    lost = unreadable(running, wanted)
    keeps = f"what {running.version} keeps ({', '.join(lost)})"
    return f"it cannot read {keeps}" if lost else "no way leads there past the required releases"


def _back(
    running: RackRelease, index: Index, releases: Releases, *, wanted: str, channel: str
) -> Path:
    """Return one hop to the wanted release, or as far toward it as there is a way back."""
    known = documents_needed(index, running=wanted, target=None, channel=channel)
    between = [releases[version] for version in known if wanted <= version < running.version]
    back = offered(index, channel)
    for older in between:
        if older.version in back and not unreadable(running, older):
            return (older,)
    point = _point_of_no_return(running, releases[wanted], between)
    raise Refused(f"cannot go back to {wanted}: {point}")


def _point_of_no_return(
    running: RackRelease, wanted: RackRelease, between: Sequence[RackRelease]
) -> str:
    way_up = [*between, running]
    point = next((each for each in way_up if unreadable(each, wanted)), running)
    lost = ", ".join(unreadable(running, wanted))
    return (
        f"{point.version} is the point of no return, it no longer writes what {wanted.version}"
        f" reads ({lost})"
    )


def _no_return(running: RackRelease, chosen: Path) -> str:
    """Return from which release on there is no way back to the running one; empty if always."""
    for target in chosen:
        lost = unreadable(target, running)
        if lost and target.version > running.version:
            return (
                f"from {target.version} there is no way back to {running.version}, which cannot"
                f" read what it keeps ({', '.join(lost)})"
            )
    return ""


def _reason(
    end: RackRelease, wanted: RackRelease, running: RackRelease, stopping: Mapping[str, str]
) -> str:
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
