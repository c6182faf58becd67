"""A feed as the racks of one channel go through it: releases, and where each leads. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from convox.feed.index import Entry, Index, offered, successors
from convox.feed.paths import before_next_stop, is_hop
from convox.feed.published import Published
from convox.feed.ramp import share
from convox.feed.stops import Lineage, stops


class Kind(StrEnum):
    """What a release is to the racks of the channel."""

    RELEASE = "release"
    STOP = "stop"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    ELSEWHERE = "not in this channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A release; ``leads_to`` is where racks that run it are taken next."""

    version: str
    kind: Kind
    channels: tuple[str, ...]
    title: str
    remarks: tuple[str, ...]
    leads_to: str | None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def picture(published: Published, channel: str, now: datetime) -> tuple[Node, ...]:
    """Return the releases, the newest first."""
    index = published.index
    whys = {stop.version: stop.why for stop in stops(index, channel=channel)}
    instead, hops = successors(index, channel), _onward_hops(index, channel)
    return tuple(
        Node(
            version=entry.version,
            kind=_kind(entry, channel, whys, instead),
            channels=tuple(sorted(entry.channels)) if entry.published else (),
            title=published.releases[entry.version].notes.strip().partition("\n")[0],
            remarks=(
                *_marks(entry, whys.get(entry.version), instead.get(entry.version)),
                *spread(entry, now),
            ),
            leads_to=hops.get(entry.version),
        )
        for entry in reversed(index.entries)
    )


def spread(entry: Entry, now: datetime) -> Iterator[str]:
    """Say whom a release has not reached, and to whom it is closed."""
    if entry.ramp is not None and (reaches := share(entry.ramp, now)) < 100:
        until = entry.ramp.until
        goal = "stays so" if until is None else f"all by {until:%Y-%m-%d %H:%M}"
        yield f"reaches {reaches:.3g} % of the racks, {goal}"
    for condition in entry.conditions:
        kinds = " and ".join(
            f"{match.fact}={','.join(match.values)}" for match in condition.matches
        )
        yield f"closed to racks with {kinds}: {condition.why}"


def sketch(nodes: Sequence[Node]) -> Iterator[str]:
    """Yield the picture as lines of text."""
    cells = [(node.version, _onward(node), ", ".join(node.channels)) for node in nodes]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for node, row in zip(nodes, cells, strict=True):
        words = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join((_SIGNS[node.kind], *words, node.title)).rstrip()
        yield from (f"   {remark}" for remark in node.remarks)


_SIGNS = {
    Kind.RELEASE: "o",
    Kind.STOP: "#",
    Kind.SUPERSEDED: "-",
    Kind.WITHDRAWN: "x",
    Kind.ELSEWHERE: ".",
}


def _onward(node: Node) -> str:
    return f"-> {node.leads_to}" if node.leads_to else ""


def _kind(entry: Entry, channel: str, whys: Mapping[str, str], instead: Mapping[str, str]) -> Kind:
    if entry.withdrawn is not None:
        return Kind.WITHDRAWN
    if not entry.published or channel not in entry.channels:
        return Kind.ELSEWHERE
    if entry.version in instead:
        return Kind.SUPERSEDED
    return Kind.STOP if entry.version in whys else Kind.RELEASE


def _marks(entry: Entry, why: str | None, instead: str | None) -> Iterator[str]:
    if why is not None:
        yield f"required: {why}"
    if entry.withdrawn is not None:
        yield f"withdrawn: {entry.withdrawn}"
    if instead is not None:
        yield f"superseded by {instead}"
    if not entry.published:
        yield "not published"
    if entry.security:
        yield "security"


def _onward_hops(index: Index, channel: str) -> Mapping[str, str]:
    """Return by each version the first hop of the fewest that lead to the newest release.

    Racks may run withdrawn releases too. The newest are looked at first, so that of each release
    that can be hopped to it is known how far that is from the newest.
    """
    order, candidates = Lineage(index, channel), offered(index, channel)
    far = {candidate.version: 0 for candidate in candidates[-1:]}
    hops: dict[str, str] = {}
    for running in reversed(index.entries):
        is_run = running.published and channel in running.channels
        if not is_run or not far or running.version >= candidates[-1].version:
            continue
        ahead = order.stops(running)
        best = min(
            (
                hop.version
                for hop in before_next_stop(running, candidates, ahead)
                if hop.version in far and is_hop(running, hop, ahead)
            ),
            key=far.__getitem__,
            default=None,
        )
        if best is not None:
            hops[running.version], far[running.version] = best, far[best] + 1
    return hops
