"""The rack itself: parameters, instances, its log, its updates."""

import pytest
from tests.contract.api.rack import NEXT, VERSION, ApiRack, instances_are_ready, run, until
from tests.contract.api.source import deployed, services_of

from convox.state import wanted


def test_the_rack_says_how_it_is():
    async def scenario(made: ApiRack) -> None:
        system = await made.client.get("/system")
        assert system["version"] == VERSION
        assert system["status"] == "running"
        assert system["count"] == 3
        assert system["provider"] == "local"
        assert system["rack-domain"] == "127.0.0.1:5443"
        assert system["parameters"]["InstanceCount"] == "3"
        found = await made.client.get("/system/processes")
        shown = [(each["name"], each["status"]) for each in found]
        # This rack's control plane is the test itself, and it has neither a keeper nor a router.
        outside = [("keeper", "stopped"), ("rackd", "running"), ("router", "stopped")]
        assert shown == [*outside, *[("agent", "running")] * 3]
        assert [bool(each["started"]) for each in found] == [
            False,
            True,
            False,
            True,
            True,
            True,
        ]

    run(scenario)


def test_the_rack_is_converging_until_its_instances_are_as_wanted():
    async def scenario(made: ApiRack) -> None:
        with made.database.begin() as connection:
            wanted.want_image(connection, "img-1")
        assert (await made.client.get("/system"))["status"] == "converging"
        await until(lambda: instances_are_ready(made))
        images = [seen.image for seen in await made.engine.instances()]
        assert images.count("img-1") == 3

    run(scenario)


def test_parameters_are_set_all_or_none():
    async def scenario(made: ApiRack) -> None:
        both = {"parameters": "InstanceCount=4&InstanceUpdateBatchSize=2"}
        assert (await made.client.call("PUT", "/system", both)).status == 200
        assert (await made.client.get("/system"))["parameters"]["InstanceUpdateBatchSize"] == "2"
        for pairs, text in (
            ("InstanceCount=5&Nope=1", "no such parameter"),
            ("InstanceCount=0", "from 1 to 100"),
            ("InstanceCount=many", "from 1 to 100"),
            ("InstanceLimit=3", "InstanceLimit is 3; set InstanceLimit to 5 or more"),
        ):
            wrong = await made.client.call("PUT", "/system", {"parameters": pairs})
            assert wrong.status == 400
            assert text in wrong.text
        assert (await made.client.get("/system"))["count"] == 4
        typed = await made.client.call("PUT", "/system", {"type": "t3.small"})
        assert typed.status == 400
        assert (await made.client.call("GET", "/system/update")).status == 404

    run(scenario)


def test_instances_come_and_go_as_they_are_counted():
    async def scenario(made: ApiRack) -> None:
        await made.client.call("PUT", "/system", {"count": "2"})

        async def are_two() -> bool:
            found = await made.client.get("/instances")
            return [each["status"] for each in found] == ["active", "active"]

        await until(are_two)
        await until(lambda: instances_are_ready(made))

    run(scenario)


def test_nothing_is_placed_on_a_cordoned_instance_until_it_is_opened_again():
    async def scenario(made: ApiRack) -> None:
        first, second, third = [each["id"] for each in await made.client.get("/instances")]
        for instance in (second, third):
            path = f"/instances/{instance}/cordon"
            assert (await made.client.call("POST", path)).status == 200
        found = await made.client.get("/instances")
        assert [each["status"] for each in found] == ["active", "cordoned", "cordoned"]
        await deployed(made, "hello")
        placed = await made.client.get("/apps/hello/processes")
        assert {each["instance"] for each in placed} == {first}
        assert (await made.client.call("DELETE", f"/instances/{second}/cordon")).status == 200
        found = await made.client.get("/instances")
        assert [each["status"] for each in found] == ["active", "active", "cordoned"]
        for method in ("POST", "DELETE"):
            missing = await made.client.call(method, "/instances/i-00000000/cordon")
            assert missing.status == 404

    run(scenario)


def test_a_terminated_instance_is_replaced_and_its_processes_move():
    async def scenario(made: ApiRack) -> None:
        await deployed(made, "hello")
        leaving = (await made.client.get("/instances"))[0]["id"]
        assert (await made.client.call("DELETE", f"/instances/{leaving}")).status == 200

        async def is_replaced() -> bool:
            found = await made.client.get("/instances")
            ids = [each["id"] for each in found if each["status"] == "active"]
            return len(ids) == len(found) == 3 and leaving not in ids

        await until(is_replaced)
        assert sorted(await services_of(made, "hello")) == ["web", "web", "worker"]
        missing = await made.client.call("DELETE", "/instances/i-00000000")
        assert missing.status == 404

    run(scenario)


def test_the_racks_log_is_replayed_and_followed():
    async def scenario(made: ApiRack) -> None:
        made.use.logs.rack_log.say("the first\nline")
        stream = await made.client.open("/system/logs", {"Prefix": "true", "Since": "1h2m3.5s"})
        first = await stream.read_until(b"\n")
        made.use.logs.rack_log.say("\x1b[31mred\x1b[0m 100%")
        second = await stream.read_until(b"\n")
        assert first.endswith(b"Z system/rack the first line\n")
        assert second.endswith(b"Z system/rack red 100%\n")
        headers = {"Follow": "false", "Filter": "first"}
        output, _ = await (await made.client.open("/system/logs", headers)).read()
        assert output == b"the first line\n"

    run(scenario)


def test_a_bad_duration_is_said_on_the_stream():
    async def scenario(made: ApiRack) -> None:
        stream = await made.client.open("/system/logs", {"Since": "yesterday"})
        output, _ = await stream.read()
        assert output.startswith(b"ERROR: cannot read 'yesterday'")

    run(scenario)


def test_an_update_is_planned_begun_and_shown():
    async def scenario(made: ApiRack) -> None:
        assert (await made.client.call("GET", "/system/update")).status == 404
        plan = await made.client.get("/system/update/plan")
        assert (plan["running"], plan["target"]) == (VERSION, NEXT)
        assert plan["hops"][0]["steps"][0] == "fetch"
        assert plan["lines"]
        other = await made.client.call("POST", "/system/update", {"plan": "0" * 64})
        assert (other.status, "cannot update as approved" in other.text) == (403, True)
        params = {"plan": plan["hash"], "version": NEXT}
        begun = await made.client.call("POST", "/system/update", params)
        assert begun.status == 200, begun.text
        assert begun.json["target"] == begun.json["version"] == NEXT
        assert begun.json["plan"]["hash"] == plan["hash"]
        shown = await made.client.get("/system/update")
        assert (shown["id"], shown["state"]) == (begun.json["id"], "updating")
        assert {step["state"] for step in shown["steps"]} == {"pending"}
        assert (await made.client.get("/system"))["status"] == "updating"
        second = await made.client.call("PUT", "/system", {"version": NEXT})
        assert second.status == 403

    run(scenario)


@pytest.mark.parametrize("version", ["", "dev", NEXT])
def test_a_convox_client_updates_the_rack(version):
    async def scenario(made: ApiRack) -> None:
        answer = await made.client.call("PUT", "/system", {"version": version})
        assert answer.status == 200, answer.text
        assert (await made.client.get("/system/update"))["target"] == NEXT

    run(scenario)
