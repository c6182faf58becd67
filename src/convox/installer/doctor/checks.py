"""Every check, in the order in which a person should read them. Pure."""

from collections.abc import Callable, Iterable, Sequence

from convox.installer.doctor import control, files, host, serving
from convox.installer.doctor.facts import Facts
from convox.installer.doctor.finding import Finding

Check = Callable[[Facts], Iterable[Finding]]

CHECKS: Sequence[Check] = (
    control.running,
    host.disk,
    host.inodes,
    host.writable,
    host.memory,
    host.programs,
    host.clock,
    host.owner,
    host.ports,
    files.records,
    files.state,
    files.software,
    files.certificates,
    files.leftovers,
    control.keeper,
    control.control_plane,
    control.lease,
    control.update,
    control.feed,
    serving.router,
    serving.front,
    serving.instances,
    serving.resources,
    serving.components,
    serving.orphans,
)


def examine(facts: Facts) -> Sequence[Finding]:
    """Return what all checks find."""
    return [finding for check in CHECKS for finding in check(facts)]
