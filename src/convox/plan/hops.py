"""What each hop of a way consists of. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from convox.feed.release import Epochs, RackRelease, Redeploy
from convox.plan.plan import STEPS, Hop

_AGENT = "agent"


def hops_along(
    running: RackRelease,
    path: Sequence[RackRelease],
    stopping: Mapping[str, str],
    skipped: Mapping[str, Sequence[Redeploy]],
    *,
    engine: str,
    image: str | None,
) -> tuple[Hop, ...]:
    """Return the hops along a way.

    By version, ``stopping`` says why it is required, and ``skipped`` what apps gain through the
    releases that are passed over on the way to it.
    """
    rolling = _rolls(running, path, engine=engine, image=image)
    return tuple(
        _hop(
            origin,
            target,
            why=stopping.get(target.version, ""),
            rolls=target.version in rolling,
            gains=(*skipped[target.version], *target.redeploy),
        )
        for origin, target in pairwise((running, *path))
    )


def _hop(
    origin: RackRelease,
    target: RackRelease,
    *,
    why: str,
    rolls: bool,
    gains: Sequence[Redeploy],
) -> Hop:
    left_out = set()
    if not rolls:
        left_out.add("instances")
    if sorted(origin.components) == sorted(target.components):
        left_out.add("components")
    return Hop(
        origin=origin.version,
        target=target.version,
        steps=tuple(step for step in STEPS if step not in left_out),
        rolls_instances=rolls,
        migrations=_migrations(origin, target),
        notes=target.notes,
        redeploy=tuple(dict.fromkeys(gains)),
        is_stop=bool(why),
        why_stop=why,
        contracts=_contracts(origin, target),
    )


def _rolls(
    running: RackRelease, path: Sequence[RackRelease], *, engine: str, image: str | None
) -> frozenset[str]:
    """Return the hops in which the instances roll.

    They roll as late as can be: an image stays while the next release can still read what its
    agent keeps, so that each process moves once. A release without an image for the engine leaves
    the instances as they are.
    """
    rolling = set()
    booted, source = image or running.images.get(engine), running
    for target, following in pairwise((*path, None)):
        if target is None or target.images.get(engine, booted) == booted:
            source = target or source
        elif following is None or not _reads_agent(source, following):
            rolling.add(target.version)
            booted, source = target.images[engine], target
    return frozenset(rolling)


def _reads_agent(older: RackRelease, newer: RackRelease) -> bool:
    if _AGENT not in older.surfaces or _AGENT not in newer.surfaces:
        return True
    return bool(older.surfaces[_AGENT].writes & newer.surfaces[_AGENT].reads)


def _migrations(origin: RackRelease, target: RackRelease) -> tuple[str, ...]:
    return tuple(
        f"{name}: {_change(surface.writes, target.surfaces[name].writes)}"
        for name, surface in sorted(origin.surfaces.items())
        if name in target.surfaces and surface.writes != target.surfaces[name].writes
    )


def _contracts(origin: RackRelease, target: RackRelease) -> tuple[str, ...]:
    """Return which forms are let go of by going forward; a way back may take them up again."""
    if target.version < origin.version:
        return ()
    return tuple(
        f"{name}: epoch {_numbers(lost)}"
        for name, surface in sorted(origin.surfaces.items())
        if name in target.surfaces and (lost := surface.writes - target.surfaces[name].writes)
    )


def _change(before: Epochs, after: Epochs) -> str:
    return f"from epoch {_numbers(before)} to {_numbers(after)}"


def _numbers(epochs: Iterable[int]) -> str:
    return " and ".join(map(str, sorted(epochs)))
