"""What has happened to a single process, whatever else its service needs. Pure."""

from datetime import datetime, timedelta

from convox.engine.engine import ProcessState
from convox.rollout.instance import Instance
from convox.rollout.process import Phase, Process, ProcessEvent
from convox.rollout.situation import Traffic

_SETTLE = 0.3  # seconds for requests that the router passed on just before it was told
_LINGER = timedelta(seconds=5)  # for which an ended one-off process can still be asked about
_UNSEEN = timedelta(seconds=60)  # after which a one-off process that nobody sees has ended


def next_event(
    process: Process,
    instance: Instance | None,
    *,
    drain: float,
    now: datetime,
    traffic: Traffic | None,
) -> ProcessEvent | None:
    """Return what has happened to a process that is not yet recorded.

    ``drain`` is in seconds and may be endless.
    """
    if instance is None or instance.has_vanished:
        return ProcessEvent.LOST
    match process.phase:
        case Phase.STARTING if process.is_healthy:
            return ProcessEvent.HEALTHY
        case Phase.DRAINING if _is_drained(process, drain=drain, now=now, traffic=traffic):
            return ProcessEvent.DRAINED
        case Phase.STOPPING if process.observed is None and instance.is_answering:
            return ProcessEvent.ENDED
        case Phase.STARTING | Phase.SERVING if process.one_off and instance.is_answering:
            return _one_off_event(process, now)
        case _:
            return None


def _one_off_event(process: Process, now: datetime) -> ProcessEvent | None:
    if process.observed is not None:
        has_exited = process.observed.state is ProcessState.EXITED
        return ProcessEvent.UNWANTED if has_exited else None
    if process.phase is Phase.SERVING:
        return ProcessEvent.MISSED
    return ProcessEvent.ENDED if now - process.since > _UNSEEN else None


def _is_drained(process: Process, *, drain: float, now: datetime, traffic: Traffic | None) -> bool:
    """Say whether nobody needs the process any more.

    While the router cannot be told to stop sending, a process that may still get requests stays;
    its time to drain begins when the router has been told.
    """
    if process.one_off:
        return now - process.since >= _LINGER or not process.is_dead
    if process.is_dead or (process.observed is not None and process.observed.address is None):
        return True
    if traffic is None:
        return False
    waited = (now - max(process.since, traffic.since)).total_seconds()
    # A time that lies ahead is from before the clock was set back, so it is long ago as well.
    is_idle = abs(waited) >= _SETTLE and not traffic.open.get(process.id)
    return is_idle or waited >= max(drain, _SETTLE)
