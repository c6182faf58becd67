"""The keeper, the control plane, its records, the feed and updates. Pure."""

from collections.abc import Iterator
from datetime import timedelta

from convox.control.update_status import MEND, once_undone
from convox.installer.doctor.facts import Facts
from convox.installer.doctor.finding import Finding, ok, warning, wrong
from convox.update.update import UpdateState

_MANY = 3  # ends of a control plane in a row
_LONG = timedelta(minutes=30)  # for one step of an update
_FALLEN_BACK = "fallen back"  # as the keeper calls it; the two share no code


def running(facts: Facts) -> Iterator[Finding]:
    """The rack is not stopped."""
    if facts.is_stopped:
        yield wrong("rack", "it is stopped", f"start it with `convox rack start {facts.name}`")


def keeper(facts: Facts) -> Iterator[Finding]:
    """The keeper answers, and has had no trouble."""
    if facts.is_stopped:
        return
    found = facts.keeper
    if found is None:
        remedy = f"start it with `convox rack start {facts.name}`"
        yield wrong("keeper", "it does not answer", remedy)
    elif found.phase == _FALLEN_BACK:
        remedy = f"see {facts.home}/logs/rackd.log; the update is undone by itself"
        yield warning("keeper", f"it fell back to {found.current}: {found.reason}", remedy)
    else:
        yield ok("keeper", f"slot {found.current} is {found.phase}")


def control_plane(facts: Facts) -> Iterator[Finding]:
    """The control plane stays up and answers."""
    if facts.is_stopped:
        return
    attempts = facts.keeper.attempts if facts.keeper else 0
    if facts.api and attempts >= _MANY:
        found = f"it ended {attempts} times in a row: {facts.last_words}"
        yield wrong("rackd", found, f"do what that says; see {facts.home}/logs/rackd.log")
    elif facts.api:
        remedy = f"wait a minute, then see {facts.home}/logs/rackd.log"
        yield wrong("rackd", f"it does not answer: {facts.api}", remedy)
    else:
        yield ok("rackd", "it answers")


def lease(facts: Facts) -> Iterator[Finding]:
    """Who may act is alive."""
    if facts.is_stopped or facts.records is None:
        return
    holder = facts.records.holder
    if holder in facts.control_planes:
        yield ok("lease", f"{holder} has it")
    else:
        remedy = "the keeper starts one that takes it; see keeper and rackd above"
        yield wrong("lease", f"{holder or 'nobody'} has it, and does not run", remedy)


def update(facts: Facts) -> Iterator[Finding]:
    """The latest update ended well, or goes on."""
    latest = facts.records.update if facts.records else None
    if latest is None:
        return
    what = f"the one to {latest.target} is {latest.state}"
    because = f"{what}: {latest.cause}" if latest.cause else what
    step = latest.under_way
    if latest.state is UpdateState.FAILED:
        yield wrong("update", because, MEND)
    elif step and step.started and facts.age(step.started) > _LONG:
        minutes = facts.age(step.started) // timedelta(minutes=1)
        found = f"{because}, and has been at {step.name} for {minutes} minutes"
        yield warning("update", found, f"see `convox rack logs -r {facts.name}`")
    elif latest.state is UpdateState.UNDONE and not latest.acknowledged:
        yield warning("update", because, once_undone(latest))
    else:
        yield ok("update", what)


def feed(facts: Facts) -> Iterator[Finding]:
    """New releases can be had."""
    found = facts.feed
    if found.why_not:
        remedy = "the rack goes on as it is, and cannot be updated until that is mended"
        yield warning("feed", found.why_not, remedy)
        return
    running = facts.records.version if facts.records else ""
    if running in found.withdrawn:
        what = f"{running}, which runs, was withdrawn: {found.withdrawn[running]}"
        yield warning("feed", what, _way_out(running, found.newest))
    else:
        yield ok("feed", f"{found.url} has {found.newest or 'no release'}")


def _way_out(running: str, newest: str) -> str:
    if not newest:
        return "the feed offers no other release, ask its publisher"
    if newest < running:
        return f"go back with `convox rack update {newest}`"
    return f"leave it with `convox rack update`, {newest} is offered"
