"""The history over the API: what is recorded, who is named, and what an edit looks like."""

from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa
from tests.contract.api.rack import ApiRack, run

FENCES = ("audit_insert", "audit_update", "audit_delete")


async def verdict(made: ApiRack, query: str = "") -> Any:
    return await made.client.get(f"/system/audit/verify{query}")


async def faults(made: ApiRack, query: str = "") -> list[str]:
    return [
        f"{each['number']} {each['fault']}" for each in (await verdict(made, query))["findings"]
    ]


async def set_soak_times(made: ApiRack, *times: int) -> None:
    for time in times:
        wanted = {"parameters": f"SoakTime={time}"}
        assert (await made.client.call("PUT", "/system", wanted)).status == 200


def edit(made: ApiRack, *statements: str) -> None:
    """Do by hand what the database refuses, its fence taken down."""
    with made.database.begin() as connection:
        for name in FENCES:
            connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}"))
        for statement in statements:
            connection.execute(sa.text(statement))


def test_what_people_ask_is_recorded_with_who_asked():
    async def scenario(made: ApiRack) -> None:
        await set_soak_times(made, 7)
        scale = {"count": "4"}
        named = {"Who": "root@machine"}
        assert (await made.client.call("PUT", "/system", scale, headers=named)).status == 200
        instance = (await made.client.get("/instances"))[0]["id"]
        assert (await made.client.call("DELETE", f"/instances/{instance}")).status == 200
        wrong = await made.client.call("PUT", "/system", {"parameters": "SoakTime=-1"})
        assert wrong.status == 400
        found = await made.client.get("/system/audit")
        assert [(each["kind"], each["who"], each["text"]) for each in found] == [
            ("terminated", "convox (API)", f"instance {instance}"),
            ("parameter", "convox (root@machine)", "InstanceCount from 3 to 4"),
            ("parameter", "convox (API)", "SoakTime from 5 to 7"),
        ]
        assert found[1]["detail"] == {"InstanceCount": {"from": "3", "to": "4"}}
        assert found[0]["previous"] == found[1]["digest"]
        checked = await verdict(made)
        assert checked == {"entries": 3, "head": f"3:{found[0]['digest']}", "findings": []}

    run(scenario)


def test_entries_are_chosen_by_time_kind_and_number():
    async def scenario(made: ApiRack) -> None:
        await set_soak_times(made, 1, 2, 3)

        async def numbers(query: str) -> list[int]:
            return [each["number"] for each in await made.client.get(f"/system/audit?{query}")]

        assert await numbers("limit=2") == [3, 2]
        assert await numbers("since=10m&kind=parameter") == [3, 2, 1]
        assert await numbers("since=-1m") == []
        assert await numbers("kind=done") == []
        unknown = await made.client.call("GET", "/system/audit?kind=nonsense")
        assert (unknown.status, "the kinds are asked" in unknown.text) == (400, True)
        malformed = await made.client.call("GET", "/system/audit/verify?head=3")
        assert malformed.status == 400

    run(scenario)


def with_history(check: Callable[[ApiRack], Awaitable[None]]) -> None:
    """Run a check against a rack with a history of five entries, the head anchored at the end."""

    async def scenario(made: ApiRack) -> None:
        await set_soak_times(made, 1, 2, 3, 4, 5)
        made.use.history.anchor.keep()
        assert await faults(made) == []
        await check(made)

    run(scenario)


def test_an_entry_that_was_edited_by_hand_is_named():
    async def check(made: ApiRack) -> None:
        edit(made, "UPDATE audit SET who = 'convox (mallory@machine)' WHERE number = 2")
        assert (await verdict(made))["findings"] == [
            {"number": 2, "fault": "changed", "text": "entry 2 is not what was written"}
        ]
        # Nor can it be made the right one by what comes after.
        await set_soak_times(made, 6)
        made.use.history.anchor.keep()
        assert await faults(made) == ["2 changed"]

    with_history(check)


def test_an_edit_that_only_a_program_would_see_is_named():
    async def check(made: ApiRack) -> None:
        edit(
            made,
            "UPDATE audit SET detail = detail || ' ' WHERE number = 1",
            "UPDATE audit SET time = replace(time, '+00:00', 'Z') WHERE number = 3",
            "UPDATE audit SET detail = '[' WHERE number = 5",
        )
        assert await faults(made) == ["1 changed", "3 changed", "5 changed"]
        assert len(await made.client.get("/system/audit")) == 5

    with_history(check)


def test_entries_that_were_removed_put_in_or_cut_off_are_named():
    async def check(made: ApiRack) -> None:
        edit(made, "DELETE FROM audit WHERE number = 2")
        assert await faults(made) == ["2 removed"]
        edit(
            made,
            "INSERT INTO audit SELECT 2, time, kind, who, text, detail, previous, digest"
            " FROM audit WHERE number = 4",
        )
        assert await faults(made) == ["2 changed"]
        edit(made, "DELETE FROM audit WHERE number > 3")
        assert await faults(made) == ["2 changed", "4 cut"]

    with_history(check)


def test_a_cut_is_seen_also_when_the_history_has_grown_again():
    async def check(made: ApiRack) -> None:
        edit(made, "DELETE FROM audit WHERE number > 3")
        made.use.history.anchor.keep()
        await set_soak_times(made, 7, 8, 9)
        made.use.history.anchor.keep()
        assert "5 changed" in await faults(made)

    with_history(check)


def test_a_head_that_was_kept_elsewhere_shows_what_the_file_cannot():
    async def check(made: ApiRack) -> None:
        kept = (await verdict(made))["head"]
        edit(made, "DELETE FROM audit WHERE number > 3")
        (made.home / "audit.head").unlink()
        assert await faults(made) == ["0 unanchored"]
        edit(made, "DELETE FROM audit")
        assert await faults(made) == []
        made.use.history.anchor.keep()
        assert await faults(made, f"?head={kept}") == ["1 cut"]

    with_history(check)
