"""Many racks updated in waves against real APIs; what carries an update out there is the test."""

import asyncio
import contextlib
import json
import os
import signal
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from tests.contract.api.rack import NEXT, VERSION, rack
from tests.contract.cli.racks import Hurried, Racks, secure_port, set_parameters
from tests.contract.feed.conftest import Workshop
from tests.unit.cli.conftest import Authority

from convox.cli.machine import Machine
from convox.update.survey import ServiceHealth, Survey

STOP, NEWEST = "20260301000000", "20260401000000"
_LIMIT = 60  # seconds for a scenario that hangs

Scenario = Callable[[Racks], Awaitable[None]]


@pytest.fixture
def racks(tmp_path) -> Callable[[Sequence[str], Scenario], None]:
    """Return what plays a scenario with racks of these names."""
    authority = Authority(tmp_path, "racks")

    async def play(names: Sequence[str], scenario: Scenario) -> None:
        found = Racks(home=tmp_path)
        async with asyncio.timeout(_LIMIT), contextlib.AsyncExitStack() as stack:
            for name in names:
                home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="api-")))
                made = found.made[name] = await stack.enter_async_context(rack(home))
                certificate = authority.issue(name)
                port = await stack.enter_async_context(secure_port(home / "api.sock", certificate))
                found.hosts[name] = f"127.0.0.1:{port}"
                pin = tmp_path / "config" / "certificates" / f"{found.hosts[name]}.pem"
                pin.parent.mkdir(parents=True, exist_ok=True)
                pin.write_text(authority.certificate)
                await made.client.call("POST", "/system/update/check", {})
                await set_parameters(made, AutoUpdate="off")
            carrying = [asyncio.create_task(found.carry_out(name)) for name in names]
            try:
                await scenario(found)
            finally:
                for task in carrying:
                    task.cancel()

    return lambda names, scenario: asyncio.run(play(names, scenario))


def test_racks_are_updated_wave_after_wave(racks):
    async def scenario(found: Racks) -> None:
        ended = await found.type("racks update --wave 1,rest --soak 1ms")
        assert (ended.status, ended.err) == (0, "")
        assert set(found.versions().values()) == {NEXT}
        assert found.begun[0] == "a"
        assert sorted(found.begun) == ["a", "b", "c"]
        assert ended.out.splitlines()[:4] == [
            f"Wave 1 of 2 to {NEXT}: a",
            f"a: updating to {NEXT}",
            f"a: runs {NEXT}, soaking in wave 1 of 2 to {NEXT}",
            "Wave 1 of 2 is done",
        ]
        assert ended.out.splitlines()[-4:] == [
            "NAME  WAVE  STATE  VERSION         WHY",
            f"a     1     done   {NEXT}  ",
            f"b     2     done   {NEXT}  ",
            f"c     2     done   {NEXT}  ",
        ]
        listed = json.loads((await found.type("racks --json")).out)
        assert [each["version"] for each in listed] == [NEXT] * 3
        assert (await found.type("racks update --resume")).err == (
            f"ERROR: the update of racks to {NEXT} has ended; `convox racks update` begins"
            " another\n"
        )

    racks("abc", scenario)


def test_a_failure_stops_the_rest_and_says_who_stays_where_and_why(racks):
    async def scenario(found: Racks) -> None:
        found.broken["b"] = "soak: web is ill"
        ended = await found.type("racks update --wave 1,1,rest --soak 1ms")
        assert ended.status == 1
        assert found.versions() == {"a": NEXT, "b": VERSION, "c": VERSION}
        assert found.begun == ["a", "b"]
        why = f"stays at {VERSION}: its update to {NEXT} undone: soak: web is ill"
        assert ended.err == (
            f"ERROR: stopped in wave 2 of 3: b {why}; `convox racks update --resume` goes on with"
            " it, --abandon ends it\n"
        )
        waits = f"waits in wave 3 of 3 to {NEXT}, held up by b"
        for line in ("racks update --status", "racks"):
            told = (await found.type(line)).out.splitlines()
            assert why in told[2]
            assert waits in told[3]
        again = await found.type("racks update")
        assert again.err.startswith(f"ERROR: an update of racks to {NEXT} stands in wave 2 of 3:")
        found.broken.clear()
        resumed = await found.type("racks update --resume --json")
        assert resumed.status == 0
        assert {each["state"] for each in json.loads(resumed.out)["racks"]} == {"done"}
        assert found.begun == ["a", "b", "b", "c"]

    racks("abc", scenario)


def test_a_rack_that_is_worse_than_before_is_let_no_other_follow(racks):
    async def scenario(found: Racks) -> None:
        async def survey() -> Survey:
            is_new = found.versions()["a"] == NEXT
            web = ServiceHealth(healthy=0 if is_new else 1, desired=1)
            return Survey(services={"hello/web": web})

        found.made["a"].use.automatic.lookout.survey = survey
        ended = await found.type("racks update --wave 1,rest --soak 1ms")
        assert ended.status == 1
        assert "a stays at" in ended.err
        assert "service hello/web has 0 of 1 processes healthy" in ended.err
        assert found.versions() == {"a": NEXT, "b": VERSION}

    racks("ab", scenario)


def test_a_rack_that_went_past_the_target_meanwhile_holds_up_nobody(racks):
    async def scenario(found: Racks) -> None:
        found.broken["a"] = "soak: web is ill"
        assert (await found.type(f"racks update {NEXT} --wave 1,rest --soak 1ms")).status == 1
        found.broken.clear()
        a = found.made["a"]
        Workshop(home=a.home, url=str(a.home / "feed")).publish(NEWEST)
        assert (await found.type(f"rack update {NEWEST} -r a --wait")).status == 0
        resumed = await found.type("racks update --resume")
        assert (resumed.status, resumed.err) == (0, "")
        assert resumed.out.splitlines()[-2:] == [
            f"a     1     done   {NEWEST}  already runs newer {NEWEST}",
            f"b     2     done   {NEXT}  ",
        ]
        assert "already" not in (await found.type("racks")).out

    racks("ab", scenario)


def test_an_interrupted_command_begins_no_further_rack_and_is_resumed(racks):
    async def scenario(found: Racks) -> None:
        class Interrupted(Machine):
            def sleep(self, seconds: float) -> None:
                if found.begun:
                    raise KeyboardInterrupt

        found.machine = Interrupted
        ended = await found.type("racks update --wave 1,rest --soak 10s")
        found.machine = Hurried
        assert ended.status == 130
        assert ended.err.startswith("NOTICE: no further rack begins; what one has begun it ends")
        assert found.versions() == {"a": NEXT, "b": VERSION}
        told = json.loads((await found.type("racks update --status --json")).out)
        assert [each["state"] for each in told["racks"]] in (
            ["soaking", "waiting"],
            ["updating", "waiting"],
        )
        left = await found.type("racks update --abandon")
        why = f"stays at {VERSION}: the update to {NEXT} was abandoned"
        assert (left.status, why in left.out) == (0, True)
        told = await found.type("racks update --status")
        assert (why in told.out, "waiting" in told.out) == (True, False)
        assert why in (await found.type("racks")).out
        assert (await found.type("racks update b --soak 1ms")).status == 0
        assert set(found.versions().values()) == {NEXT}

    racks("ab", scenario)


def test_two_programs_do_not_update_racks_at_once_and_one_that_was_killed_holds_up_nobody(racks):
    async def scenario(found: Racks) -> None:
        async with found.program("racks update --wave 1,rest --soak 10m") as first:
            while not found.begun:
                assert first.returncode is None, await first.stderr.read()
                await asyncio.sleep(0.02)
            for line in ("racks update --abandon", "racks update --resume", "racks update"):
                async with found.program(line) as second:
                    _, told = await second.communicate()
                assert second.returncode == 1
                assert told.decode() == (
                    f"ERROR: cannot update racks: process {first.pid} on {os.uname().nodename} does"
                    " at this moment; `convox racks update --status` shows how far it is, and once"
                    " it has ended, or was ended, --resume goes on\n"
                )
            assert (await found.type("racks update --status")).status == 0
            planned = await found.type("racks update b --plan")
            assert (planned.status, f"waits in wave 1 of 1 to {NEXT}" in planned.out) == (0, True)
        assert first.returncode == -signal.SIGKILL
        async with found.program("racks update --abandon") as third:
            assert (await third.communicate())[1] == b""
        assert third.returncode == 0
        assert found.begun == ["a"]

    racks("ab", scenario)


def test_no_other_rack_is_taken_for_one_that_is_not_known_any_more(racks):
    async def scenario(found: Racks) -> None:
        found.broken["b"] = "soak: web is ill"
        assert (await found.type("racks update a b --wave 1,1 --soak 1ms")).status == 1
        found.hosts.pop("b")
        found.host = found.hosts["c"]
        ended = await found.type("racks update --resume")
        assert (ended.status, found.versions()["c"]) == (1, VERSION)
        assert "no such rack any more: b; `convox login` makes it known again" in ended.err
        assert (await found.type("racks update --abandon")).status == 0

    racks("abc", scenario)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("racks update nope", "no such rack: nope; known are a, b"),
        ("racks update --wave 1", "the waves leave out b: let the last one be rest"),
        ("racks update --resume", "no update of racks was begun here"),
        ("racks update --resume --abandon", "--resume and --abandon do not go together"),
        (f"racks update {NEXT} {VERSION}", "one version expected"),
        ("racks update 20200101000000", "cannot update 2 of 2 racks, and none was begun"),
        ("racks update 20990101000000", "cannot update 2 of 2 racks, and none was begun"),
    ],
)
def test_what_cannot_go_well_is_refused_before_a_rack_begins(racks, line, text):
    async def scenario(found: Racks) -> None:
        ended = await found.type(line)
        assert ended.status == 1
        assert text in ended.err
        assert found.begun == []

    racks("ab", scenario)


def test_the_waves_are_shown_and_nothing_is_done(racks):
    async def scenario(found: Racks) -> None:
        ended = await found.type("racks update b a --plan --wave 1,rest")
        assert ended.out.splitlines()[1:] == [
            f"b     1     waiting  {VERSION}  waits in wave 1 of 2 to {NEXT}",
            f"a     2     waiting  {VERSION}  waits in wave 2 of 2 to {NEXT}",
        ]
        assert found.begun == []
        assert (await found.type("racks update --status")).status == 1

    racks("ab", scenario)


def test_racks_that_may_be_ahead_of_their_wave_are_named_before_it_begins(racks):
    async def scenario(found: Racks) -> None:
        for name, more in {"a": {}, "b": {}, "d": {"UpdateHold": "forever"}}.items():
            await set_parameters(found.made[name], AutoUpdate="on", **more)
        for line in ("racks update --plan --wave 1,rest", "racks update --wave 1,rest --soak 1ms"):
            ended = await found.type(line)
            assert ended.status == 0
            assert ended.err == (
                "NOTICE: racks that update by themselves (AutoUpdate=on) may be ahead of their"
                " wave: b; `convox rack update hold -r <name>` keeps one from it\n"
            )

    racks("abcd", scenario)


def test_a_wave_goes_hop_by_hop_past_a_required_release(racks):
    async def scenario(found: Racks) -> None:
        for made in found.made.values():
            workshop = Workshop(home=made.home, url=str(made.home / "feed"))
            workshop.publish(STOP, required=True)
            workshop.publish(NEWEST)
        ended = await found.type(f"racks update {NEWEST} --wave 1,rest --soak 1ms")
        assert ended.status == 0
        assert set(found.versions().values()) == {NEWEST}
        assert found.begun == ["a", "a", "b", "b"]
        assert ended.out.splitlines()[1:3] == [
            f"a: updating to {STOP}",
            f"a: updating to {NEWEST}",
        ]

    racks("ab", scenario)
