"""A rack that is well, to be made ill in one way at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from convox.installer.doctor.facts import (
    Facts,
    Feed,
    Files,
    Machine,
    Mode,
    Port,
    Records,
)
from convox.update.keeper import KeeperStatus
from convox.update.update import Update, UpdateState

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOME = Path("/racks/dev")
GIB = 1024**3

MACHINE = Machine(
    free=50 * GIB,
    size=100 * GIB,
    inodes_free=900,
    inodes=1000,
    unwritable="",
    memory_free=4 * GIB,
    memory=8 * GIB,
    python="3.11.7",
    haproxy="2.6.12-1",
    synchronised=True,
    asks_as=1000,
)
FILES = Files(
    records="",
    way_back="",
    certificates={"rack.pem": NOW + timedelta(days=300)},
    modes=(Mode(path=HOME / "state", owner=1000, mode=0o700, expected=0o700),),
)
UPDATE = Update(
    id="U1",
    origin="A",
    target="B",
    plan={},
    state=UpdateState.DONE,
    cause="",
    created=NOW - timedelta(days=1),
    ended=NOW,
    asked_by="ann",
    acknowledged=False,
    steps=(),
)
KEEPER = KeeperStatus(
    keeper="k1",
    current="A",
    previous=None,
    phase="committed",
    attempts=0,
    seconds_left=None,
    reason="",
    processes={"A": 5},
)
RECORDS = Records(
    version="A",
    holder="A",
    newest=NOW - timedelta(minutes=5),
    update=UPDATE,
    components=frozenset({"meter-1"}),
)
WELL = Facts(
    name="dev",
    home=HOME,
    now=NOW,
    machine=MACHINE,
    files=FILES,
    feed=Feed(url="http://feed", newest="B"),
    ports=(Port(key="HttpPort", number=80, holder="haproxy, process 7", is_ours=True),),
    keeper=KEEPER,
    control_planes={"A"},
    api="",
    front="",
    records=RECORDS,
    router="",
    instances={"i-a": "ready"},
    resources={"app/counts": "running"},
    components=frozenset({"meter-1"}),
)


def ill(**changes: Any) -> Facts:
    """Return the rack with members replaced; ``machine__free`` names one within another."""
    facts = WELL
    for name, value in changes.items():
        outer, _, inner = name.partition("__")
        part = replace(getattr(facts, outer), **{inner: value}) if inner else value
        facts = replace(facts, **{outer: part})
    return facts
