"""Each way to be ill: what is seen, and the one finding that names it with its remedy."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.unit.doctor.well import GIB, HOME, KEEPER, NOW, UPDATE, WELL, ill

from convox.installer.doctor.checks import CHECKS, examine
from convox.installer.doctor.facts import Facts, Feed, Mode, Port
from convox.installer.doctor.finding import Finding, State
from convox.installer.doctor.report import as_json, as_text
from convox.update.update import StepRecord, StepState, Update, UpdateState


def update(state: UpdateState, **changes: Any) -> Update:
    return replace(UPDATE, state=state, **changes)


def at(step: str, since: datetime) -> Update:
    record = StepRecord(position=0, name=step, hop=0, state=StepState.DOING, started=since)
    return update(UpdateState.UPDATING, steps=[record])


LONG_AGO = NOW - timedelta(hours=2)
MODES = {
    "another's": Mode(path=HOME / "state", owner=0, mode=0o700, expected=0o700),
    "open": Mode(path=HOME / "state", owner=1000, mode=0o755, expected=0o700),
}
TAKEN = Port(key="HttpPort", number=80, holder="nginx, process 9", is_ours=False)
VACANT = Port(key="HttpPort", number=80, holder="", is_ours=False)

CASES: dict[str, tuple[dict[str, Any], str]] = {
    "little disk": ({"machine__free": GIB // 2}, "warning disk: 512 MiB of 100.0 GiB free | make"),
    "no disk": ({"machine__free": 0}, "wrong disk: 0 MiB of 100.0 GiB free | make room"),
    "no inodes": ({"machine__inodes_free": 1}, "wrong inodes: 1 of 1000 files left | remove"),
    "a full disk": (
        {"machine__unwritable": "No space left on device"},
        "wrong writing: cannot write to /racks/dev: No space left on device | make room",
    ),
    "a read-only disk": (
        {"machine__unwritable": "Read-only file system"},
        "wrong writing: cannot write to /racks/dev: Read-only file system | look at `dmesg`",
    ),
    "little memory": ({"machine__memory_free": 1}, "warning memory: 0 MiB of 8.0 GiB free | scale"),
    "no haproxy": (
        {"machine__haproxy": ""},
        "wrong haproxy: it is not installed | apt-get install haproxy",
    ),
    "an old haproxy": ({"machine__haproxy": "2.4.22"}, "wrong haproxy: version 2.4.22 | install"),
    "no python": ({"machine__python": ""}, "wrong python: it is not installed | install it anew"),
    "an old python": ({"machine__python": "3.9.2"}, "wrong python: version 3.9.2 | install"),
    "a free clock": (
        {"machine__synchronised": False},
        "warning clock: nothing keeps it right | have NTP",
    ),
    "a clock that jumped back": (
        {"records__newest": NOW + timedelta(hours=1)},
        "wrong clock: it is 2026-01-15 12:00, and the rack has recorded 2026-01-15 13:00 | set",
    ),
    "another's home": (
        {"files__modes": (MODES["another's"],)},
        "wrong owner: dev/state is user 0's, and user 1000 asks | run this as the user",
    ),
    "an open home": (
        {"files__modes": (MODES["open"],)},
        "warning owner: dev/state has mode 755 instead of 700 | chmod 700 /racks/dev/state",
    ),
    "a taken port": (
        {"ports": (TAKEN,)},
        "wrong port 80: HttpPort is used by nginx, process 9 | stop that program",
    ),
    "a vacant port": (
        {"ports": (VACANT,)},
        "wrong port 80: nobody listens on HttpPort | see /racks/dev/router/haproxy.log",
    ),
    "damaged records": (
        {"files__records": "malformed", "files__way_back": "go back", "records": None},
        "wrong records: malformed | go back",
    ),
    "a damaged file": (
        {"files__small": {HOME / "keeper" / "slots.json": "it is empty"}},
        "warning state: keeper/slots.json: it is empty | the rack mends it",
    ),
    "a damaged slot": (
        {"files__slots": {"A": "x.py is damaged"}},
        "wrong slot A: x.py is damaged | build it anew with `convox rack repair dev`",
    ),
    "a damaged image": (
        {"files__images": {"img-1": "its content is another"}},
        "wrong image img-1: its content is another | build it anew",
    ),
    "a damaged artifact": (
        {"files__store": ("a.whl",)},
        "warning store: a.whl is damaged or missing | build it anew",
    ),
    "a certificate that ends": (
        {"files__certificates": {"rack.pem": NOW + timedelta(days=2)}},
        "wrong certificate rack.pem: it ends 2026-01-17 | it is made anew",
    ),
    "a damaged certificate": (
        {"files__certificates": {"rack.pem": None}},
        "wrong certificate rack.pem: it cannot be read | it is made anew",
    ),
    "a half-built slot": (
        {"files__leftovers": (HOME / "slots" / ".B",)},
        "warning leftover: slots/.B was left half done, or put aside | rm -r /racks/dev/slots/.B",
    ),
    "no keeper": (
        {"keeper": None},
        "wrong keeper: it does not answer | start it with `convox rack start dev`",
    ),
    "a fall back": (
        {"keeper": replace(KEEPER, phase="fallen back", reason="B crashed")},
        "warning keeper: it fell back to A: B crashed | see /racks/dev/logs/rackd.log",
    ),
    "a control plane that ends again and again": (
        {
            "keeper": replace(KEEPER, attempts=4),
            "api": "Connection refused",
            "last_words": "rackd: cannot use the rack's records",
        },
        "wrong rackd: it ended 4 times in a row: rackd: cannot use the rack's records | do what",
    ),
    "a silent control plane": (
        {"api": "Connection refused", "front": "it does not answer"},
        "wrong rackd: it does not answer: Connection refused | wait a minute",
    ),
    "a lease of nobody": (
        {"control_planes": ()},
        "wrong lease: A has it, and does not run | the keeper starts one",
    ),
    "a failed update": (
        {"records__update": update(UpdateState.FAILED, cause="undo of stage: no")},
        "wrong update: the one to B is failed: undo of stage: no | mend that, the undo is tried",
    ),
    "an undone update": (
        {"records__update": update(UpdateState.UNDONE, cause="soak: slow")},
        "warning update: the one to B is undone: soak: slow | when that is mended, update again",
    ),
    "an update that a person turned back": (
        {"records__update": update(UpdateState.UNDONE, cause="called off by ann")},
        "warning update: the one to B is undone: called off by ann | update again with",
    ),
    "a stuck update": (
        {"records__update": at("instances", LONG_AGO)},
        "warning update: the one to B is updating, and has been at instances for 120 minutes | see",
    ),
    "a feed that cannot be used": (
        {"feed": Feed(url="http://feed", why_not="cannot reach feed")},
        "warning feed: cannot reach feed | the rack goes on as it is",
    ),
    "a withdrawn release": (
        {"feed": Feed(url="http://feed", newest="B", withdrawn={"A": "it forgets apps"})},
        "warning feed: A, which runs, was withdrawn: it forgets apps | leave it with",
    ),
    "a withdrawn release that is the newest": (
        {"feed": Feed(url="http://feed", newest="0", withdrawn={"A": "it forgets apps"})},
        "warning feed: A, which runs, was withdrawn: it forgets apps | go back with",
    ),
    "a dead router": (
        {"router": "haproxy does not run", "front": "it does not answer"},
        "wrong router: haproxy does not run | see /racks/dev/router/haproxy.log",
    ),
    "an API that nobody reaches": (
        {"front": "it does not answer at 127.0.0.1:5443"},
        "wrong api: it does not answer at 127.0.0.1:5443 | see",
    ),
    "a lost instance": (
        {"instances": {"i-a": "ready", "i-b": "lost"}},
        "wrong instance i-b: it is lost | the rack replaces it by itself",
    ),
    "an instance that starts": (
        {"instances": {"i-a": "ready", "i-b": "starting"}},
        "warning instance i-b: it is starting | the rack replaces it by itself",
    ),
    "a stopped resource": (
        {"resources": {"app/counts": "stopped"}},
        "wrong resource app/counts: it is stopped | the rack starts it again by itself",
    ),
    "a missing component": (
        {"components": frozenset()},
        "wrong component meter-1: it does not run | see /racks/dev/logs/meter.log",
    ),
    "an orphan": (
        {"orphans": {77: "an agent"}},
        "warning orphan: process 77 is an agent that nothing knows of | kill 77",
    ),
}


def told(finding: Finding) -> str:
    return f"{finding.state} {finding.name}: {finding.found} | {finding.remedy}"


def ailing(facts: Facts) -> list[str]:
    return [told(each) for each in examine(facts) if each.state is not State.OK]


def test_nothing_is_found_when_the_rack_is_well() -> None:
    assert ailing(WELL) == []


@pytest.mark.parametrize(("changes", "expected"), CASES.values(), ids=CASES.keys())
def test_the_finding_names_it(changes: dict[str, Any], expected: str) -> None:
    [found] = ailing(ill(**changes))
    assert found.startswith(expected)


def test_every_check_finds_something_in_one_case_at_least() -> None:
    silent = [
        check.__name__
        for check in CHECKS
        if all(
            {told(each) for each in check(ill(**changes)) if each.state is not State.OK} == set()
            for changes, _ in CASES.values()
        )
    ]
    assert silent == ["running"]


def test_a_stopped_rack_is_said_to_be_stopped_and_nothing_else() -> None:
    stopped = ill(
        keeper=None,
        control_planes=(),
        api="no socket",
        front="no answer",
        router="haproxy does not run",
        instances={"i-a": "lost"},
        resources={"app/counts": "stopped"},
        components=frozenset(),
        ports=(VACANT,),
    )
    assert ailing(stopped) == ["wrong rack: it is stopped | start it with `convox rack start dev`"]


def test_a_control_plane_that_ended_often_and_answers_now_is_well() -> None:
    keeper = replace(KEEPER, attempts=8)
    assert ailing(ill(keeper=keeper)) == []


def test_what_an_update_is_making_is_not_left_over() -> None:
    facts = ill(records__update=at("stage", NOW), files__leftovers=(HOME / "slots" / ".B",))
    assert ailing(facts) == []


def test_the_report_is_aligned_and_ends_with_a_sum() -> None:
    findings = examine(ill(machine__free=0, machine__synchronised=False))
    lines = as_text(findings).splitlines()
    starts = {line.index(each.found) for line, each in zip(lines[1:], findings[:1], strict=False)}
    assert lines[0].index("FOUND") in starts
    assert lines[-1] == "1 wrong, 1 to look at"
    assert as_text(examine(WELL)).endswith("All is well")


def test_programs_read_the_same_as_people() -> None:
    [first, *_] = json.loads(as_json(examine(ill(machine__free=0))))
    assert first["name"] == "disk"
    assert first["state"] == "wrong"
    assert first["remedy"].startswith("make room")


def test_an_undone_update_that_somebody_has_seen_is_well() -> None:
    assert ailing(ill(records__update=update(UpdateState.UNDONE, acknowledged=True))) == []
