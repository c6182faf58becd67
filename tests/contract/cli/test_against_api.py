"""The command against the rack's real API: server, use-cases, builds and rollout, as people go."""

import asyncio
import contextlib
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.contract.api.rack import ApiRack
from tests.contract.api.rack import run as with_rack
from tests.contract.api.raw import PASSWORD
from tests.contract.api.source import MANIFEST
from tests.contract.notices.servers import Hook, listening

from convox.cli.machine import Machine
from convox.cli.main import run


@contextlib.asynccontextmanager
async def port_of(socket: Path) -> AsyncIterator[int]:
    """Lead a port to the API's unix socket, as the router does."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()

    connections = set()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.current_task())
        api_reader, api_writer = await asyncio.open_unix_connection(str(socket))
        await asyncio.gather(pass_on(reader, api_writer), pass_on(api_reader, writer))

    async with await asyncio.start_server(join, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*connections)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "hello"
    path.mkdir()
    (path / "convox.yml").write_text(MANIFEST)
    return path


@pytest.fixture
def session(folder: Path) -> Callable[[str], str]:
    """Return what types commands, one a line, and gives all that was printed.

    ``!`` before a command says that it must fail; ``<a word>`` stands for the first word like it
    that was printed before, ``P`` for a process, ``R`` for a release, ``B`` for a build.
    """
    patterns = {"P": r"\bweb-[a-z0-9]{6}\b", "R": r"\bR[A-Z]{10}\b", "B": r"\bB[A-Z]{10}\b"}

    def type_in(port: int, line: str) -> str:
        environment = {
            "RACK_URL": f"http://convox:{PASSWORD}@127.0.0.1:{port}",
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
        }
        with tempfile.TemporaryFile() as empty, tempfile.TemporaryFile() as out:
            status = run(
                line.lstrip("! ").split(), Machine(environment, str(folder), empty, out, out)
            )
            out.seek(0)
            printed = out.read().decode()
        assert bool(status) is line.startswith("!"), f"{line}: {printed}"
        return printed

    async def play(made: ApiRack, lines: list[str]) -> str:
        printed = ""
        async with port_of(made.home / "api.sock") as port:
            for line in lines:
                for name, pattern in patterns.items():
                    found = re.search(pattern, printed)
                    line = line.replace(f"<{name}>", found[0] if found else name)  # noqa: PLW2901 - it is filled in
                printed += f"$ {line}\n{await asyncio.to_thread(type_in, port, line)}"
        return printed

    def act(text: str) -> str:
        printed: list[str] = []

        async def scenario(made: ApiRack) -> None:
            printed.append(await play(made, text.strip().splitlines()))

        with_rack(scenario)
        return re.sub(
            "|".join(patterns.values()), lambda found: f"<{found[0][0].upper()}>", printed[0]
        )

    return act


def test_an_app_is_deployed_changed_and_deleted(session):
    printed = session("""
apps create
deploy --wait
releases
env set GREETING=ho --promote --wait
scale web --count 3 --wait
scale
run web echo hi
builds logs <B>
releases info <R>
apps info
apps delete hello --wait
! apps info
""")
    assert "Starting build... OK\nUnpacking the source\nBuilding .\nPromoting <R>... \n" in printed
    assert "<R>  active  <B>" in printed
    assert "Setting GREETING... OK\nRelease: <R>\nPromoting <R>... \nOK\n" in printed
    assert "web      3        3        256  512\n" in printed
    assert "$ run web echo hi\nsh -c echo hi\n" in printed
    assert (
        "Generation  2\nLocked      false\nRelease     <R>\nRouter      hello.dev.test\n" in printed
    )
    assert printed.endswith("ERROR: cannot find app hello: no such app\n")


def test_a_rack_is_shown_scaled_and_updated(session):
    printed = session("""
rack
! rack params set Foo=bar
rack params set InstanceCount=2 --wait
rack scale
instances
rack update --plan
! rack update nope
rack update
! rack update
! logs -a nothere
""")
    assert "Name      dev\nProvider  local\nRouter    dev.test\nStatus    running\n" in printed
    assert "Updating parameters... ERROR: cannot set Foo: " in printed
    assert "Count      2\n" in printed
    assert "From 20260101000000 to 20260201000000, 1 hop\n" in printed
    assert "Updating to nope... ERROR: cannot read version 'nope'" in printed
    assert "$ rack update\nUpdating to 20260201000000... UPDATING\n" in printed
    assert "ERROR: cannot update the rack: an update to 20260201000000 is under way" in printed
    assert printed.endswith("ERROR: cannot find app nothere: no such app\n")


def test_somebody_is_told_of_updates_and_then_no_more(session):
    with listening(Hook()) as hook, listening(Hook(statuses=[403], said=b"gone")) as shut:
        printed = session(f"""
notifications
notifications add webhook {hook.url} --kind done --kind needs-you
notifications add chat {shut.url} --name ops
notifications test webhook
! notifications test ops
! notifications add webhook example.com
! notifications test nobody
notifications
notifications deliveries
notifications remove ops
notifications
rack audit --kind receiver
""")
    assert printed.startswith("$ notifications\nNAME  FORM  ADDRESS  KINDS  LATEST\n")
    assert re.search(r"Secret, not shown again: whsec_[\w+/=]{44}\n", printed)
    assert "Testing webhook... OK, 200\n" in printed
    assert "Testing ops... ERROR: cannot tell ops: HTTP 403: gone; mend that" in printed
    assert "cannot add a receiver: its address is no URL; give one as https://host/path" in printed
    assert "cannot find receiver 'nobody': there is no such one; there is ops, webhook" in printed
    assert re.search(r"ops +chat +http://127\.0\.0\.1:\d+/\*{3} +all +test given up now", printed)
    assert "T0K3N" not in printed.replace(hook.url, "").replace(shut.url, "")
    assert "ops is removed" in printed
