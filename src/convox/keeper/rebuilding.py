"""What the record must have been, from the traces that a rack leaves. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from convox.keeper.record import Phase, Process, Record, Role

TRIAL = 1800.0  # seconds for an update that was under way to commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """``running`` are the rackds that live, by slot; ``now`` and ``boot`` as in the record.

    ``directed`` is the slot that the API is led to: the one that acted last. ``committed`` is the
    one that the rack's own records name. Both are blank where that cannot be told.
    """

    built: Collection[str]
    running: Mapping[str, Process]
    directed: str = ""
    committed: str = ""
    now: float = 0.0
    boot: str = ""


class Untraceable(Exception):
    """Nothing is left that could be started."""


def rebuilt(traces: Traces) -> Record:
    """Return the record: what runs goes on, and what was not committed yet is on trial again."""
    current = _current(traces)
    on_trial = traces.committed in traces.built and traces.committed != current
    processes = {
        slot: process if slot == current else _leaving(process)
        for slot, process in traces.running.items()
    }
    return Record(
        current=current,
        previous=traces.committed if on_trial else None,
        phase=Phase.TRIAL if on_trial else Phase.COMMITTED,
        seconds=TRIAL,
        deadline=traces.now + TRIAL,
        boot=traces.boot,
        processes=processes,
    )


def _current(traces: Traces) -> str:
    """Prefer what acts, then what the records name, then what acted, then the oldest that is built.

    The newest one may have been staged only.
    """
    acting = [traces.directed] if traces.directed in traces.running else sorted(traces.running)
    guesses = [*acting, traces.committed, traces.directed, *sorted(traces.built)]
    for guess in guesses:
        if guess in traces.built:
            return guess
    raise Untraceable("no slot is built")


def _leaving(process: Process) -> Process:
    return Process(
        number=process.number, started=process.started, since=process.since, role=Role.LEAVING
    )
