"""What is open when a control plane ends, and what breaks off before its end."""

import asyncio

from tests.contract.api.rack import ApiRack, run, served, until
from tests.contract.api.raw import OCTETS, Client, standard_headers
from tests.contract.api.source import deployed


def test_a_stream_goes_on_to_its_end_when_the_server_shuts_down():
    async def scenario(made: ApiRack) -> None:
        await deployed(made, "hello")
        process = (await made.client.get("/apps/hello/processes"))[0]["id"]
        old = Client(made.home / "old.sock")
        async with served(made.use, old.socket) as server:
            headers = {"Command": "cat", "Tty": "false"}
            stream = await old.open(f"/apps/hello/processes/{process}/exec", headers)
            await stream.read_until(b"cat\n")
            server.should_exit = True

            async def accepts_no_more() -> bool:
                try:
                    _, writer = await asyncio.open_unix_connection(str(old.socket))
                except OSError:
                    return True
                writer.close()
                return False

            await until(accepts_no_more)
            stream.type(b"still here\n")
            assert await stream.read_until(b"here\n") == b"still here\n"
            stream.end_input()
            assert await stream.read() == (b"", 0)

    run(scenario)


def test_an_upload_that_breaks_off_leaves_nothing():
    async def scenario(made: ApiRack) -> None:
        await made.client.call("POST", "/apps", {"name": "hello"})
        _, writer = await asyncio.open_unix_connection(str(made.client.socket))
        headers = {
            **standard_headers("abcDEF123"),
            "Content-Type": OCTETS,
            "Transfer-Encoding": "chunked",
        }
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(["POST /apps/hello/objects/tmp/half.tgz? HTTP/1.1", *lines, "", ""])
        writer.write(head.encode() + b"5\r\nhello\r\n")
        await writer.drain()
        objects = made.home / "objects" / "hello"

        async def has_begun() -> bool:
            return bool(list(objects.rglob("*incoming*")))

        async def is_over() -> bool:
            return not list(objects.rglob("*incoming*"))

        await until(has_begun)
        writer.transport.abort()
        await until(is_over)
        assert await made.client.get("/apps/hello/objects") == []

    run(scenario)
