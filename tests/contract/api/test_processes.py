"""Run, exec and stop, over the frames of a Convox client."""

from tests.contract.api.rack import ApiRack, run, until
from tests.contract.api.raw import BINARY, MARKER, TEXT
from tests.contract.api.source import deployed

EVERY_BYTE = bytes(range(256)) * 20


async def web_process(made: ApiRack) -> str:
    await deployed(made, "hello")
    found = await made.client.get("/apps/hello/processes?service=web")
    process: str = found[0]["id"]
    return process


def test_exec_carries_every_byte_both_ways_and_ends_with_the_status_in_a_frame_of_its_own():
    async def scenario(made: ApiRack) -> None:
        path = f"/apps/hello/processes/{await web_process(made)}/exec"
        stream = await made.client.open(path, {"Command": "cat -", "Tty": "false"})
        stream.type(EVERY_BYTE)
        stream.end_input()
        frames = await stream.frames()
        assert {opcode for opcode, _ in frames} == {TEXT}
        output = b"".join(data for _, data in frames[:-1])
        assert output == b"sh -c cat -\n" + EVERY_BYTE
        assert frames[-1] == (TEXT, MARKER + b"0\n")

    run(scenario)


def test_exec_takes_input_in_fragments():
    async def scenario(made: ApiRack) -> None:
        path = f"/apps/hello/processes/{await web_process(made)}/exec"
        stream = await made.client.open(path, {"Command": "cat", "Tty": "false"})
        stream.frame(TEXT, b"\xff\xfe", fin=False)
        stream.frame(0, b"\x00tail", fin=True)
        stream.frame(BINARY, b"ignored")
        output, status = await stream.read()
        assert (output, status) == (b"sh -c cat\n\xff\xfe\x00tail", 0)

    run(scenario)


def test_exec_fails_with_a_reason_and_a_status_when_it_cannot_be():
    async def scenario(made: ApiRack) -> None:
        await web_process(made)
        path = "/apps/hello/processes/web-nope00/exec"
        output, status = await (await made.client.open(path, {"Command": "ls"})).read()
        assert output.startswith(b"ERROR: cannot find process web-nope00")
        assert status == 1

    run(scenario)


def test_a_person_who_leaves_ends_what_they_ran():
    async def scenario(made: ApiRack) -> None:
        path = f"/apps/hello/processes/{await web_process(made)}/exec"
        stream = await made.client.open(path, {"Command": "cat", "Tty": "false"})
        await stream.read_until(b"sh -c cat")
        stream.leave()
        assert (await made.client.call("GET", "/apps")).status == 200

    run(scenario)


def test_a_process_is_run_in_the_environment_of_its_service_and_goes_when_it_ends():
    async def scenario(made: ApiRack) -> None:
        release = await deployed(made, "hello")
        headers = {
            "Command": "sleep 3600",
            "Environment": "A=1&B=two+words%26more",
            "Release": release,
        }
        path = "/apps/hello/services/worker/processes"
        process = (await made.client.call("POST", path, headers=headers)).json
        assert process["command"] == "sleep 3600"
        assert process["name"] == "worker"
        assert process["release"] == release
        one = f"/apps/hello/processes/{process['id']}"

        async def runs() -> bool:
            return (await made.client.get(one))["status"] == "running"

        await until(runs)
        spec = made.engine._processes[process["id"]].spec
        assert spec.environment["A"] == "1"
        assert spec.environment["B"] == "two words&more"
        assert spec.environment["RELEASE"] == release
        assert spec.restart is False
        stopped = await made.client.call("DELETE", one)
        assert stopped.status == 200

        async def is_gone() -> bool:
            return (await made.client.call("GET", one)).status == 404

        await until(is_gone)
        assert (await made.client.get("/apps/hello"))["status"] == "running"

    run(scenario)


def test_a_service_gets_another_process_when_one_is_stopped():
    async def scenario(made: ApiRack) -> None:
        process = await web_process(made)
        assert (await made.client.call("DELETE", f"/apps/hello/processes/{process}")).status == 200

        async def is_replaced() -> bool:
            found = await made.client.get("/apps/hello/processes?service=web")
            ids = [each["id"] for each in found if each["status"] == "running"]
            return len(ids) == 2 and process not in ids

        await until(is_replaced)
        missing = await made.client.call("DELETE", "/apps/hello/processes/web-nope00")
        assert missing.status == 404

    run(scenario)
