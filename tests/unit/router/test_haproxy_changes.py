"""What a running HAProxy is told, as tables of what it has and what it should have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox.router.haproxy_changes import (
    Observed,
    Slot,
    commands,
    fits,
    read_hosts,
    read_slots,
)
from convox.router.haproxy_config import VACANT
from convox.router.route import Route, RouteTable, Target

HOST = "web.a.test"
NAMES = ("w1", "w2", "w3", "w4", "w5")


def target(name: str) -> Target:
    return Target(id=name, host="127.0.0.2", port=20000 + int(name[1:]))


def slot(number: int, word: str) -> Slot:
    """Return a slot from ``-`` (vacant), ``w1`` (ready) or ``(w1)`` (resting)."""
    name = word.strip("()")
    found = target(name) if name != "-" else None
    return Slot(
        backend="a:web:http",
        server=f"s{number}",
        address=(found.host, found.port) if found else VACANT,
        is_ready=word == name and name != "-",
    )


def has(words: str, host: str = HOST) -> Observed:
    slots = tuple(slot(number, word) for number, word in enumerate(words.split(), 1))
    return Observed(fingerprint="f", slots=slots, hosts={host: "a:web:http"} if host else {})


def wants(names: str, draining: str = "") -> RouteTable:
    route = Route(name="a/web", hosts=(HOST,), targets=tuple(map(target, names.split())))
    gone = tuple(map(target, draining.split()))
    return RouteTable(routes={"a/web": route}, draining={"a/web": gone} if gone else {})


def told(observed: Observed, table: RouteTable) -> list[str]:
    """Return the commands, shortened to what differs between them."""
    short = {
        "set server a:web:http/": "",
        "shutdown sessions server a:web:http/": "cut ",
        "addr 127.0.0.2 port 2000": "w",
        f"addr {VACANT[0]} port {VACANT[1]}": "-",
        " /map": "",
        "state ": "",
        " a:web:http": "",
    }
    lines = commands(observed, table, "/map")
    for long, word in short.items():
        lines = [line.replace(long, word) for line in lines]
    return lines


@pytest.mark.parametrize(
    ("observed", "table", "expected"),
    [
        (has("w1 -"), wants("w1"), []),
        (has("- -"), wants("w1"), ["s1 w1", "s1 ready"]),
        (has("w1 -"), wants("w1 w2"), ["s2 w2", "s2 ready"]),
        (has("w1 -"), wants("w2", "w1"), ["s2 w2", "s2 ready", "s1 maint"]),
        (has("(w1) w2"), wants("w2", "w1"), []),
        (has("(w1) w2"), wants("w2"), ["s1 maint", "cut s1", "s1 -"]),
        (has("(w1) w2"), wants("w1", "w2"), ["s1 ready", "s2 maint"]),
        (has("w1 w2"), wants("w2"), ["s1 maint", "cut s1", "s1 -"]),
        (has("w1 -", host=""), wants("w1"), [f"add map {HOST}"]),
        (has("w1 -", host="old.test"), wants("w1"), [f"add map {HOST}", "del map old.test"]),
        (has("w1 -"), RouteTable(), [f"del map {HOST}", "s1 maint", "cut s1", "s1 -"]),
        (
            has("w1 -"),
            RouteTable(draining={"a/web": (target("w1"),)}),
            [f"del map {HOST}", "s1 maint"],
        ),
    ],
)
def test_only_what_differs_is_told_and_the_new_comes_before_the_old_goes(observed, table, expected):
    assert told(observed, table) == expected


def test_a_host_that_belongs_to_another_backend_now_is_moved():
    observed = Observed(fingerprint="f", slots=has("w1 -").slots, hosts={HOST: "b:web:http"})
    assert commands(observed, wants("w1"), "/map") == [f"set map /map {HOST} a:web:http"]


@pytest.mark.parametrize(
    ("observed", "table", "expected"),
    [
        (has("w1 -"), wants("w1 w2"), True),
        (has("w1 -"), wants("w1 w2 w3"), False),
        (has("w1 (w2)"), wants("w1 w3", "w2"), False),
        (Observed(fingerprint="f", slots=(), hosts={}), wants("w1"), False),
        (has("w1 -"), RouteTable(), True),
    ],
)
def test_a_table_fits_while_there_are_slots_that_nobody_uses(observed, table, expected):
    assert fits(observed, table) is expected


WORDS = st.permutations(NAMES).flatmap(
    lambda names: st.tuples(
        *(st.sampled_from(["-", name, f"({name})"]) for name in names),
    )
)
WANTED = st.tuples(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))


@given(words=WORDS, wanted=WANTED)
def test_a_table_is_true_once_the_commands_were_followed(words, wanted):
    routed, draining = wanted[0], wanted[1] - wanted[0]
    observed = has(" ".join(words))
    table = wants(" ".join(sorted(routed)), " ".join(sorted(draining)))
    if fits(observed, table):
        after = follow(observed, commands(observed, table, "/map"))
        ready = {each.address for each in after.slots if each.is_ready}
        assert ready == {(each.host, each.port) for each in map(target, routed)}
        assert commands(after, table, "/map") == []


def follow(observed: Observed, lines: list[str]) -> Observed:
    """Return what HAProxy would have after these commands."""
    state = {each.name: [each.address, each.is_ready] for each in observed.slots}
    for line in lines:
        match line.split():
            case ["set", "server", name, "addr", host, "port", port]:
                state[name][0] = (host, int(port))
            case ["set", "server", name, "state", word]:
                state[name][1] = word == "ready"
    slots = tuple(
        Slot(
            backend=each.backend,
            server=each.server,
            address=state[each.name][0],
            is_ready=state[each.name][1],
        )
        for each in observed.slots
    )
    return Observed(fingerprint=observed.fingerprint, slots=slots, hosts=observed.hosts)


def test_slots_are_read_from_what_haproxy_says():
    text = (
        "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_port\n"
        "4 a:web:http 1 s1 127.0.0.2 2 4 20001\n"
        "4 a:web:http 2 s2 127.0.0.1 0 5 1\n"
        "4 a:web:http 3 wait 127.0.0.1 2 0 1\n"
        "3 api 1 rackd - 2 0 0\n\n"
    )
    assert read_slots(text) == (slot(1, "w1"), slot(2, "-"))


def test_hosts_are_read_from_what_haproxy_says():
    assert read_hosts("0x55d web.a.test a:web:http\n\n") == {"web.a.test": "a:web:http"}
