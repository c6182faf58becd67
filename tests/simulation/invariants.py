"""What holds for a rack at every moment, and when it has come to rest."""

from collections import Counter

from convox.control.rack import status
from convox.control.views import RackStatus
from convox.keeper import record as keeping
from convox.notices.notice import NoticeKind
from convox.rollout.process import Phase
from convox.rollout.rolling import rolled
from convox.rollout.strategy import limits
from convox.testing.simulation.rack import SimulatedRack
from convox.update.update import UpdateState

_ENDS = {UpdateState.DONE: NoticeKind.DONE, UpdateState.UNDONE: NoticeKind.UNDONE}


def check_always(rack: SimulatedRack, *, is_calm: bool) -> None:
    """Check what must hold at every moment."""
    ground = rack.ground
    assert ground.ledger.violations == [], ground.ledger.violations
    if is_calm:
        check_capacity(rack)


def check_requests(rack: SimulatedRack) -> None:
    """Check that no request meets a process that cannot answer it."""
    router = rack.ground.router
    for route in router.table.routes.values():
        router.request(route.hosts[0])
    assert router.violations == [], router.violations


def check_capacity(rack: SimulatedRack) -> None:
    """While nothing but an update acts, no service has fewer healthy processes than promised."""
    ground = rack.ground
    serving = {item.id for item in rack.processes() if item.phase is Phase.SERVING}
    healthy = Counter(
        f"{spec.app}/{spec.service}" for spec in ground.engine.healthy() if spec.id in serving
    )
    for service in ground.desired().services:
        least = limits(service).least
        assert healthy[service.name] >= least, f"{service.name}: {healthy[service.name]} healthy"


def check_status(rack: SimulatedRack) -> None:
    """Check that what the rack says of itself is true, whenever it can be asked."""
    acting = rack.api()
    if acting is None or acting.updates is None:
        return
    known = acting.updates.latest()
    shown = status(known, is_rolled=_is_rolled(rack))
    assert (known.id if known else None) == rack.last_begun(), "an older one is shown"
    if shown is RackStatus.RUNNING:
        assert known is None or not known.is_active
    told = acting.updates.status()
    assert (told.update if told else None) == known
    if told is None or known is None:
        return
    assert known.target in told.line
    if known.state in {UpdateState.UNDONE, UpdateState.FAILED}:
        assert known.cause, "an update that did not end well says why"
        assert told.remedy
        assert told.wants_attention
    if known.state is UpdateState.UNDONE:
        assert acting.updates.version() == known.returns_to
    if known.state is UpdateState.DONE:
        assert acting.updates.version() == known.target


def _is_rolled(rack: SimulatedRack) -> bool:
    return rolled(rack.ground.desired().instances, rack.instances(), rack.processes())


def is_at_rest(rack: SimulatedRack) -> bool:
    """Say whether there is nothing left to do; that it is done right is another question."""
    keeper, update = rack.ground.keeper, rack.update()
    if update is not None and update.is_active:
        return False
    if not keeper.is_up or keeper.record.phase is not keeping.Phase.COMMITTED:
        return False
    acting = [rackd for rackd in rack.rackds.values() if not rackd.is_leaving]
    if len(acting) != 1 or rack.api() is not acting[0] or rack.is_deploying():
        return False
    return _runs_as_wanted(rack) and _tended(rack)


def _tended(rack: SimulatedRack) -> bool:
    """Say whether upkeep has come round since components were wanted otherwise."""
    holdings = rack.holdings()
    return holdings.components == holdings.running


def _runs_as_wanted(rack: SimulatedRack) -> bool:
    desired, processes = rack.ground.desired(), rack.processes()
    counts = Counter(item.name for item in processes)
    return (
        _is_rolled(rack)
        and all(item.phase is Phase.SERVING for item in processes)
        and {item.id for item in processes} == {spec.id for spec in rack.ground.engine.running()}
        and all(counts[service.name] == service.count for service in desired.services)
    )


def check_moves(rack: SimulatedRack) -> None:
    """While nothing but updates acts, each process moves once in a roll, there or back."""
    rolls = len(rack.ground.images_wanted) - 1
    often = [item.id for item in rack.processes() if item.moves > rolls]
    assert often == [], f"{often} moved more often than in {rolls} rolls"


def check_told(rack: SimulatedRack) -> None:
    """Check that people were told once that an update began, and once how it ended."""
    told, ends = Counter(rack.told()), rack.ends()
    for update, state in ends.items():
        seen = {kind: told[kind, update] for kind in (*_ENDS.values(), NoticeKind.STARTED)}
        wanted = dict.fromkeys(seen, 0) | {_ENDS[UpdateState(state)]: 1, NoticeKind.STARTED: 1}
        assert seen == wanted, f"of {update}, which is {state}, people were told {seen}"


def check_rest(rack: SimulatedRack) -> None:
    """Check a rack that has come to rest: it is at the target, or exactly where it was."""
    update, holdings = rack.update(), rack.holdings()
    acting = rack.api()
    assert acting is not None
    assert acting.slot == holdings.version == holdings.current
    assert holdings.components == holdings.running
    check_told(rack)
    if update is None:
        return
    assert holdings == rack.committed
    assert update.state in {UpdateState.DONE, UpdateState.UNDONE}
    if update.state is UpdateState.DONE:
        assert holdings.version == update.target
        assert not update.cause
    else:
        assert update.cause, "an update that was undone says why"
