"""An update as people steer it over the API; nobody carries it out here, so it stays as it is."""

from dataclasses import replace
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from tests.contract.api.rack import NEXT, VERSION, ApiRack, run
from tests.contract.feed.conftest import serving

from convox.audit.history import entries
from convox.feed.condition import Condition, Match
from convox.feed.ramp import Ramp
from convox.state import facts
from convox.state.schema import update_steps
from convox.update import journal
from convox.update.update import StepState, UpdateEvent


async def post(made: ApiRack, action: str, **form):
    return await made.client.call("POST", f"/system/update{action}", form)


async def refusal(made: ApiRack, action: str, **form) -> str:
    answer = await post(made, action, **form)
    assert answer.status == 403, answer.text
    return answer.text


def step_states(made: ApiRack, **states: StepState) -> None:
    """Let these steps of the only update be in these states."""
    with made.database.begin() as connection:
        for name, state in states.items():
            chosen = update_steps.update().where(update_steps.c.name == name)
            connection.execute(chosen.values(state=state, started=sa.null()))


def end(made: ApiRack, *events: UpdateEvent) -> None:
    with made.database.begin() as connection:
        for event in events:
            update = journal.latest(connection)
            journal.record_update(connection, update, event, now=update.created, cause="soak: ill")


def kinds(made: ApiRack) -> list[str]:
    with made.database.begin() as connection:
        return [entry.kind for entry in entries(connection)]


def test_an_update_is_paused_resumed_and_called_off():
    async def scenario(made: ApiRack) -> None:
        assert (await post(made, "")).status == 200
        paused = await post(made, "/pause")
        assert (paused.json["state"], paused.json["step"]) == ("paused", "fetch")
        assert "convox rack update resume" in paused.json["remedy"]
        assert f"to {NEXT} paused at fetch" in (await made.client.get("/system"))["update"]
        assert (await made.client.get("/system"))["status"] == "updating"
        assert "it is paused already" in await refusal(made, "/pause")
        assert (await post(made, "/resume")).json["state"] == "updating"
        assert "it is not paused" in await refusal(made, "/resume")
        called_off = await post(made, "/cancel")
        assert (called_off.json["state"], called_off.json["returns_to"]) == ("rollback", VERSION)
        assert "called off by" in called_off.json["cause"]
        assert (await made.client.get("/system"))["status"] == "rollback"
        for action in ("/pause", "/resume", "/cancel", "/undo"):
            assert "it is being undone" in await refusal(made, action)
        assert kinds(made) == ["asked", "paused", "resumed", "cancelled"]

    run(scenario)


@pytest.mark.parametrize("action", ["/pause", "/resume", "/cancel"])
def test_nothing_can_be_steered_where_nothing_is_under_way(action):
    async def scenario(made: ApiRack) -> None:
        assert "none is under way" in await refusal(made, action)
        assert "never updated" in await refusal(made, "/undo")
        assert "none has ended" in await refusal(made, "/acknowledge")

    run(scenario)


@pytest.mark.parametrize("state", [StepState.DOING, StepState.DONE])
def test_a_commit_that_has_begun_is_not_called_off(state):
    async def scenario(made: ApiRack) -> None:
        started = (await post(made, "")).json
        names = {step["name"] for step in started["steps"]} - {"commit"}
        step_states(made, **dict.fromkeys(names, StepState.DONE), commit=state)
        told = await refusal(made, "/cancel")
        assert f"its commit to {NEXT} has begun" in told
        assert "convox rack update undo" in told

    run(scenario)


def test_an_update_that_was_undone_is_shown_until_somebody_knows():
    async def scenario(made: ApiRack) -> None:
        await post(made, "")
        end(made, UpdateEvent.STEP_FAILED, UpdateEvent.ALL_UNDONE)
        shown = await made.client.get("/system")
        assert shown["status"] == "running"
        assert shown["update"].startswith(f"to {NEXT} undone; soak: ill")
        assert "convox rack update" in shown["update"]
        assert (await made.client.get("/system/update"))["cause"].startswith("soak: ill")
        assert (await post(made, "/acknowledge")).json["acknowledged"]
        assert (await made.client.get("/system"))["update"] == ""
        assert "it was undone already" in await refusal(made, "/undo")
        assert (await post(made, "")).json["state"] == "updating"

    run(scenario)


def test_the_way_back_is_shown_and_exactly_that_is_gone():
    async def scenario(made: ApiRack) -> None:
        await post(made, "")
        end(made, UpdateEvent.ALL_DONE)
        with made.database.begin() as connection:
            facts.put(connection, "version", NEXT)
        shown = await made.client.get("/system/update/undo")
        assert (shown["running"], shown["target"]) == (NEXT, VERSION)
        assert (await made.client.get("/system/update"))["target"] == NEXT
        assert "no plan 000000000000 was shown" in await refusal(made, "/undo", plan="0" * 64)
        begun = (await post(made, "/undo", plan=shown["hash"])).json
        assert (begun["state"], begun["target"]) == ("updating", VERSION)
        told = await made.client.call("GET", "/system/update/undo")
        assert told.status == 403
        assert "it is under way, and goes back to" in told.text

    run(scenario)


def test_an_undo_of_an_active_update_calls_it_off():
    async def scenario(made: ApiRack) -> None:
        await post(made, "")
        assert (await post(made, "/undo", plan="0" * 64)).status == 403
        assert (await post(made, "/undo")).json["state"] == "rollback"

    run(scenario)


def test_a_plan_that_has_changed_says_how():
    async def scenario(made: ApiRack) -> None:
        agreed = await made.client.get("/system/update/plan")
        assert agreed["takes"]["low"] < agreed["takes"]["high"]
        assert agreed["refused"] == []
        assert any("Should take" in line for line in agreed["lines"])
        assert any(f"--approve {agreed['hash'][:12]}" in line for line in agreed["lines"])
        with made.database.begin() as connection:
            connection.execute(
                sa.text("UPDATE facts SET value = '\"img-other\"' WHERE key = 'image'")
            )
        told = await post(made, "", plan=agreed["hash"][:12])
        assert told.status == 403
        assert f"the hop to {NEXT} has the steps" in told.text
        assert "refused" in kinds(made)

    run(scenario)


def test_a_release_that_a_condition_closes_to_this_rack_is_not_planned():
    async def scenario(made: ApiRack) -> None:
        later = "20260301000000"
        frost = Condition(
            name="frost",
            why="it forgets apps",
            matches=(Match(fact="database", values=("sqlite",)),),
        )
        elsewhere = replace(frost, matches=(Match(fact="database", values=("postgresql",)),))
        made.feed.publish(later, conditions=(frost,))
        shown = await made.client.get("/system/update/plan")
        assert (shown["target"], shown["closed"]) == (
            NEXT,
            {later: "condition frost: it forgets apps"},
        )
        assert f"{later} is closed to this rack: condition frost" in "\n".join(shown["lines"])
        told = await post(made, "", version=later)
        assert told.status == 403
        assert "it is closed to this rack: condition frost: it forgets apps; wait" in told.text
        made.feed.publisher.amend(
            later, "open", lambda entry, _: replace(entry, conditions=(elsewhere,))
        )
        shown = await made.client.get("/system/update/plan")
        assert (shown["target"], shown["closed"]) == (later, {})

    run(scenario)


def test_a_person_goes_ahead_of_a_phased_roll_out_and_is_told_so():
    async def scenario(made: ApiRack) -> None:
        now = made.feed.clock.now().replace(microsecond=0)
        said = f"The phased roll-out of {NEXT} has not reached this rack; this goes ahead of it"
        for percent, lines in ((0, [said]), (100, [])):
            ramp = Ramp(percent=percent, since=now)
            made.feed.publisher.amend(
                NEXT, "ramp", lambda entry, _, ramp=ramp: replace(entry, ramp=ramp)
            )
            shown = await made.client.get("/system/update/plan")
            assert [line for line in shown["lines"] if "phased" in line] == lines
        ramp = Ramp(percent=0, since=now)
        made.feed.publisher.amend(NEXT, "ramp", lambda entry, _: replace(entry, ramp=ramp))
        assert (await post(made, "")).json["ahead"] == [said]

    run(scenario)


def test_an_unsigned_list_is_shown_and_said_to_be_unsigned():
    async def scenario(made: ApiRack) -> None:
        (made.home / "web").mkdir()
        (made.home / "web" / "versions.json").write_text(
            f'[{{"version": "{VERSION}", "published": true}},'
            f' {{"version": "{NEXT}", "published": true, "required": true}},'
            ' {"version": "20990101000000", "published": true}]'
        )
        with serving(made.home / "web") as url:
            address = f"{url}/versions.json"
            shown = await made.client.get(f"/system/legacy?address={quote(address)}")
            asked = f"/system/legacy?address={quote(address)}&version=20980101000000"
            absent = await made.client.call("GET", asked)
        assert (absent.status, "no such release after" in absent.text) == (404, True)
        assert f"{address} is not signed" in shown["unsigned"]
        assert [each["required"] for each in shown["releases"]] == [False, True, False]
        assert shown["lines"] == [
            f"From {VERSION} to {NEXT} (required)",
            "then, by another update, to 20990101000000",
        ]
        assert (await post(made, "", version="20990101000000")).status == 404
        assert kinds(made) == ["refused"]

    run(scenario)


def test_a_refusal_is_kept_with_who_asked():
    async def scenario(made: ApiRack) -> None:
        assert (await post(made, "", version="20990101000000")).status == 404
        with made.database.begin() as connection:
            (entry,) = entries(connection)
        assert entry.kind == "refused"
        assert "the feed has no such release" in entry.text
        assert entry.who

    run(scenario)


def test_what_an_update_that_is_done_could_not_end_yet_is_said():
    async def scenario(made: ApiRack) -> None:
        await post(made, "")
        assert (await made.client.get("/system/update"))["waits_for"] == ""
        end(made, UpdateEvent.ALL_DONE)
        assert "i-a keeps a stream" in (await made.client.get("/system/update"))["waits_for"]

    run(scenario)
