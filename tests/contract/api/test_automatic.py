"""What a rack does by itself, as people see and steer it over the API; the loop does not run."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.contract.api.rack import NEXT, VERSION, ApiRack, run

from convox.audit.entry import Kind
from convox.audit.history import entries
from convox.control.automatic.action import ActionKind
from convox.control.automatic.policy import AUTOMATIC
from convox.control.automatic.watch import interval
from convox.feed.condition import Condition, Match
from convox.feed.release import RackRelease
from convox.host.clock import SystemClock
from convox.state import facts
from convox.state.schema import parameters
from convox.update import journal
from convox.update.survey import ServiceHealth, Survey
from convox.update.update import UpdateEvent

STOP, LAST = "20260301000000", "20260401000000"
CHECK = "/system/update/check"


async def check(made: ApiRack):
    answer = await made.client.call("POST", CHECK, {})
    assert answer.status == 200, answer.text
    return answer.json


async def put(made: ApiRack, **parameters: str) -> None:
    pairs = "&".join(f"{name}={value}" for name, value in parameters.items())
    answer = await made.client.call("PUT", "/system", {"parameters": pairs})
    assert answer.status == 200, answer.text


def decisions(made: ApiRack) -> list[str]:
    with made.database.begin() as connection:
        found = entries(connection, kind=Kind.DECIDED)
    return [f"{entry.detail['kind']} {entry.detail['reason']}" for entry in found]


def test_a_rack_says_what_is_offered_and_when_it_is_taken():
    async def scenario(made: ApiRack) -> None:
        before = (await made.client.get(CHECK))["next"]
        assert (before["action"], before["reason"]) == ("waits", "feed not asked yet")
        assert (await made.client.get(CHECK))["available"] == ""
        found = await check(made)
        assert (found["version"], found["available"]) == (VERSION, NEXT)
        assert (found["next"]["action"], found["next"]["reason"]) == ("waits", "cool-down")
        assert found["feed"]["seen"]
        system = await made.client.get("/system")
        assert system["available"] == NEXT
        assert system["next"] == found["next"]["line"]
        assert system["alarm"] == ""
        shown = await made.client.get(CHECK)
        assert (shown["available"], shown["next"]) == (found["available"], found["next"])
        assert shown["feed"]["seen"] == found["feed"]["seen"]
        assert decisions(made) == ["waits cool-down"]

    run(scenario)


@pytest.mark.parametrize(
    ("parameters", "answer"),
    [
        ({"UpdateDelay": "0"}, "starts ready"),
        ({"UpdateDelay": "0", "AutoUpdate": "off"}, "stopped off"),
        ({"UpdateDelay": "0", "UpdateHold": "forever"}, "stopped held"),
        ({"UpdateDelay": "0", "UpdateHold": "2126-01-01"}, "waits held"),
        ({"UpdateDelay": "0", "UpdatePin": VERSION}, "stopped pinned"),
        ({"UpdateChannel": "edge"}, "up to date newest"),
    ],
)
def test_parameters_decide_what_a_rack_does_next(parameters, answer):
    async def scenario(made: ApiRack) -> None:
        await put(made, **parameters)
        found = (await check(made))["next"]
        assert f"{found['action']} {found['reason']}" == answer

    run(scenario)


def test_a_hold_and_a_pin_are_said_while_they_are_in_force_whatever_comes_next():
    async def scenario(made: ApiRack) -> None:
        async def said() -> list[tuple[str, str]]:
            found = [await check(made)]
            found += [await made.client.get(path) for path in (CHECK, "/system")]
            return [(each["hold"], each["pin"]) for each in found]

        assert await said() == [("", "")] * 3
        await put(made, UpdateChannel="edge", UpdateHold="2126-01-01", UpdatePin=VERSION)
        assert (await check(made))["next"]["reason"] == "newest"
        assert await said() == [("until 2126-01-01 00:00Z", VERSION)] * 3
        await put(made, UpdateHold="forever", UpdatePin="")
        assert await said() == [("for good", "")] * 3
        await put(made, UpdateHold="2026-01-01")
        assert await said() == [("", "")] * 3

    run(scenario)


def test_what_a_rack_says_is_true_at_once_though_nothing_has_looked_since():
    async def scenario(made: ApiRack) -> None:
        async def said() -> str:
            shown = (await made.client.get(CHECK))["next"]
            assert (await made.client.get("/system"))["next"] == shown["line"]
            return shown["reason"]

        await check(made)
        await put(made, UpdateHold="forever")
        assert await said() == "held"
        started = await made.use.updates.start(None, asked_by="ann")
        assert await said() == "update under way"
        with made.database.begin() as connection:
            facts.put(connection, "version", NEXT)
            update = journal.load(connection, started.id)
            now = made.use.updates.clock.now()
            journal.record_update(connection, update, UpdateEvent.ALL_DONE, now=now)
        assert await said() == "newest"

    run(scenario)


class Late(SystemClock):
    """A clock by which an hour has gone by in which nothing was done."""

    def monotonic(self) -> float:
        return super().monotonic() + 3600


def test_a_feed_that_should_have_been_asked_before_is_asked_next_now():
    async def scenario(made: ApiRack) -> None:
        made.use.automatic.lookout.watch.clock = Late()
        before = datetime.now(UTC)
        asks = (await made.client.get(CHECK))["feed"]["asks"]
        assert datetime.fromisoformat(asks) >= before

    run(scenario)


def test_a_decision_is_kept_once_however_often_it_is_made():
    async def scenario(made: ApiRack) -> None:
        await check(made)
        await check(made)
        await put(made, UpdateHold="forever")
        await check(made)
        await check(made)
        await put(made, UpdateHold="")
        await check(made)
        assert decisions(made) == ["waits cool-down", "stopped held", "waits cool-down"]

    run(scenario)


def test_a_running_release_that_was_withdrawn_is_said_loudly_and_kept():
    async def scenario(made: ApiRack) -> None:
        await check(made)
        made.feed.publisher.amend(
            VERSION, "withdraw", lambda entry, _: replace(entry, withdrawn="it loses mail")
        )
        alarm = (await check(made))["alarm"]
        assert alarm == (
            f"{VERSION}, which runs, was withdrawn: it loses mail; leave it with `convox rack"
            f" update`, {NEXT} is offered"
        )
        assert (await made.client.get("/system"))["alarm"] == alarm
        with made.database.begin() as connection:
            told = entries(connection, kind=Kind.DECIDED)[-1]
        assert told.text.endswith(alarm)

    run(scenario)


def test_a_required_release_that_is_closed_is_named_and_what_lies_before_it_is_taken():
    async def scenario(made: ApiRack) -> None:
        forgets = Condition(
            name="frost",
            why="it forgets apps",
            matches=(Match(fact="database", values=("sqlite",)),),
        )
        await put(made, UpdateDelay="0")
        made.feed.publish(STOP, epochs="12", conditions=(forgets,))
        made.feed.publish(LAST, epochs="2")
        found = await check(made)
        assert (found["next"]["action"], found["next"]["target"]) == ("starts", NEXT)
        made.feed.publisher.amend(
            NEXT, "withdraw", lambda entry, _: replace(entry, withdrawn="it loses mail")
        )
        found = await check(made)
        assert (found["next"]["action"], found["next"]["reason"]) == ("stopped", "condition")
        assert found["next"]["why"] == (
            f"{LAST} is closed to this rack: on the way there {STOP} is required (usage 2 beside 1)"
            " and is closed by condition frost: it forgets apps"
        )

    run(scenario)


def test_a_rack_that_may_be_ill_is_not_said_to_begin_an_update():
    async def scenario(made: ApiRack) -> None:
        async def survey() -> Survey:
            return Survey(resources={"hello/db": False})

        async def said() -> str:
            return (await made.client.get("/system"))["next"]

        made.use.automatic.lookout.survey = survey
        await put(made, UpdateDelay="0", UpdateHold="forever")
        assert "is held" in (await check(made))["next"]["line"]
        await put(made, UpdateHold="")
        assert await said() == "waits: it is not known yet whether the rack is well"
        await check(made)
        assert await said() == "waits: resource hello/db does not answer; mend that first"

    run(scenario)


def test_a_feed_that_went_away_is_said_to_be_away_since_then():
    async def scenario(made: ApiRack) -> None:
        seen = (await check(made))["feed"]["seen"]
        (made.home / "feed").rename(made.home / "elsewhere")
        found = await check(made)
        assert (found["next"]["action"], found["next"]["reason"]) == ("waits", "feed unreachable")
        assert found["feed"]["seen"] == seen
        since = found["feed"]["since"]
        assert (await check(made))["feed"]["since"] == since
        (made.home / "elsewhere").rename(made.home / "feed")
        assert (await check(made))["next"]["reason"] == "cool-down"

    run(scenario)


def test_what_failed_is_not_tried_again_before_somebody_acknowledges_it():
    async def scenario(made: ApiRack) -> None:
        await put(made, UpdateDelay="0")
        assert (await check(made))["next"]["action"] == "starts"
        started = await made.use.updates.start(None, asked_by=AUTOMATIC)
        assert (await check(made))["next"]["reason"] == "update under way"
        with made.database.begin() as connection:
            for event in (UpdateEvent.STEP_FAILED, UpdateEvent.ALL_UNDONE):
                update = journal.load(connection, started.id)
                now = made.use.updates.clock.now()
                journal.record_update(connection, update, event, now=now, cause="soak: web is ill")
        found = (await check(made))["next"]
        assert (found["action"], found["reason"]) == ("stopped", "failed hop")
        assert "soak: web is ill" in found["why"]
        await put(made, UpdateInterval="20s")
        assert (await check(made))["next"]["reason"] == "failed hop"
        await put(made, SoakTime="7")
        assert (await check(made))["next"]["action"] == "starts"

    run(scenario)


def test_a_parameter_that_cannot_be_is_refused_with_what_it_must_look_like():
    async def scenario(made: ApiRack) -> None:
        wrong = await made.client.call("PUT", "/system", {"parameters": "UpdateWindow=at night"})
        assert wrong.status in {400, 403}
        assert "mon-thu 02:00-05:00 Europe/Berlin" in wrong.text

    run(scenario)


def test_a_rack_names_what_is_not_well():
    async def scenario(made: ApiRack) -> None:
        assert await made.client.get("/system/health") == {"ailments": []}

        async def survey() -> Survey:
            web = ServiceHealth(healthy=1, desired=2)
            return Survey(services={"hello/web": web}, resources={"hello/db": False})

        made.use.automatic.lookout.survey = survey
        assert await made.client.get("/system/health") == {
            "ailments": [
                "service hello/web has 1 of 2 processes healthy",
                "resource hello/db does not answer",
            ]
        }

    run(scenario)


@pytest.mark.parametrize(
    ("name", "value"),
    [("UpdateWindow", "02:00-05:00 Mars/North"), ("UpdateInterval", "2w"), ("UpdateDelay", "2w")],
)
def test_a_parameter_that_cannot_be_read_any_more_is_named_and_nothing_begins(name, value):
    async def scenario(made: ApiRack) -> None:
        with made.database.begin() as connection:
            connection.execute(parameters.insert().values(key=name, value=value))
        found = (await check(made))["next"]
        assert (found["action"], found["reason"]) == ("stopped", "unreadable parameter")
        assert found["line"].startswith(f"stopped: {name} is '{value}', and it")
        assert (await made.client.get("/system"))["next"] == found["line"]
        assert interval(made.database).total_seconds() == 600
        await put(made, **{name: "1h" if name != "UpdateWindow" else ""})
        assert (await check(made))["next"]["reason"] == "cool-down"

    run(scenario)


def test_what_a_newer_release_has_kept_keeps_an_older_one_from_nothing():
    async def scenario(made: ApiRack) -> None:
        with made.database.begin() as connection:
            facts.put(connection, "told of updates", {"available": NEXT, "mood": "good"})
            facts.put(connection, "feed seen", {"seen": None, "trouble": "haunted"})
        assert (await made.client.get(CHECK))["feed"]["trouble"] == "untrusted"
        assert (await check(made))["available"] == NEXT

    run(scenario)


def test_nothing_begins_when_the_rack_is_held_while_the_plan_is_made():
    async def scenario(made: ApiRack) -> None:
        async def hold(release: RackRelease) -> list[str]:
            await put(made, UpdateHold="forever")
            return []

        await put(made, UpdateDelay="0")
        await check(made)
        updates = made.use.updates
        planning = replace(updates.planning, objections=hold)
        loop = replace(made.use.automatic, updates=replace(updates, planning=planning))
        running = asyncio.create_task(loop.run())
        while not (refusals := refused(made)) and updates.latest() is None:  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.05)
        assert updates.latest() is None
        assert f"cannot update to {NEXT} any more: stopped: the rack is held" in refusals[0]
        await put(made, UpdateHold="")
        assert (await loop.look()).action.kind is ActionKind.STARTS
        running.cancel()

    run(scenario)


def refused(made: ApiRack) -> list[str]:
    with made.database.begin() as connection:
        return [entry.text for entry in entries(connection, kind=Kind.REFUSED)]
