"""What every kind of resource keeps, proved with the real servers, run as nobody."""

import asyncio
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from convox.errors import InvalidInput, ResourceError
from convox.host.clock import SystemClock
from convox.host.files import write_json
from convox.host.ports import is_free
from convox.host.processes import identify
from convox.host.users import find_user
from convox.resources.resource import ResourceSpec, ResourceStatus, url
from convox.resources.servers import ResourceServers
from convox.resources.table import KINDS
from convox.testing.ports import free_port

USER = "nobody" if os.geteuid() == 0 else None


@dataclass(frozen=True)
class Resource:
    """One resource of a rack that exists for one test."""

    home: Path
    spec: ResourceSpec

    @property
    def servers(self) -> ResourceServers:
        """A control plane's servers, new each time: nothing is known but what is on disk."""
        return ResourceServers(home=self.home, user=USER, clock=SystemClock())

    @property
    def directory(self) -> Path:
        return self.home / "resources" / self.spec.app / self.spec.name

    @property
    def pid(self) -> int:
        data = self.directory / "data"
        return int((data / KINDS[self.spec.type].pid_file).read_text().split()[0])

    async def write(self, value: str) -> None:
        if self.spec.type == "redis":
            await self.redis(f"SET kept {value}")
            return
        async with await psycopg.AsyncConnection.connect(url(self.spec)) as connection:
            await connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
            await connection.execute("INSERT INTO kept VALUES (%s)", (value,))

    async def read(self) -> str:
        if self.spec.type == "redis":
            return (await self.redis("GET kept")).splitlines()[-1]
        async with await psycopg.AsyncConnection.connect(url(self.spec)) as connection:
            cursor = await connection.execute("SELECT value FROM kept")
            ((value,),) = await cursor.fetchall()
            return str(value)

    async def redis(self, command: str) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.spec.port)
        writer.write(f"AUTH {self.spec.password}\r\n{command}\r\nQUIT\r\n".encode())
        answer = (await reader.read()).decode()
        writer.close()
        assert answer.startswith("+OK\r\n"), answer
        return answer.removeprefix("+OK\r\n").removesuffix("+OK\r\n")


CASES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "postgres": ("postgres", {"storage": "20"}),
    "postgres-of-the-rack": ("postgres", {"version": "16"}),
    "redis": ("redis", {}),
}


@pytest.fixture(params=CASES)
def resource(request: pytest.FixtureRequest) -> Iterator[Resource]:
    kind, options = CASES[request.param]
    home = Path(tempfile.mkdtemp(prefix="rack-", dir="/tmp"))
    home.chmod(0o711)
    spec = ResourceSpec(
        app="shop", name="main", type=kind, port=free_port(), password="s3cret", options=options
    )
    found = Resource(home, spec)
    yield found
    asyncio.run(found.servers.delete(spec))
    shutil.rmtree(home)


def test_data_survives_when_the_server_is_stopped_and_started(resource: Resource) -> None:
    async def story() -> None:
        servers = resource.servers
        assert await servers.status(resource.spec) == ResourceStatus.STOPPED
        await servers.ensure(resource.spec)
        await resource.write("gold")
        await servers.stop(resource.spec)
        assert await servers.status(resource.spec) == ResourceStatus.STOPPED
        assert is_free("127.0.0.1", resource.spec.port)
        await servers.ensure(resource.spec)
        seen = await servers.look(resource.spec)
        assert seen.status == ResourceStatus.RUNNING
        assert (seen.pid, bool(seen.major)) == (identify(resource.pid), True)
        assert await resource.read() == "gold"

    asyncio.run(story())


def test_data_survives_when_the_server_is_killed(resource: Resource) -> None:
    async def story() -> None:
        await resource.servers.ensure(resource.spec)
        await resource.write("gold")
        first = resource.pid
        os.kill(first, signal.SIGKILL)
        await resource.servers.ensure(resource.spec)
        assert resource.pid != first
        assert await resource.read() == "gold"

    asyncio.run(story())


def test_a_server_that_was_killed_is_revived_and_one_that_was_deleted_is_not(
    resource: Resource,
) -> None:
    async def story() -> None:
        servers = resource.servers
        await servers.revive(resource.spec)
        assert await servers.status(resource.spec) == ResourceStatus.STOPPED
        await servers.ensure(resource.spec)
        os.kill(resource.pid, signal.SIGKILL)
        await servers.revive(resource.spec)
        assert await servers.status(resource.spec) == ResourceStatus.RUNNING
        await asyncio.gather(servers.delete(resource.spec), servers.revive(resource.spec))
        assert await servers.status(resource.spec) == ResourceStatus.STOPPED
        assert not resource.directory.exists()

    asyncio.run(story())


def test_the_server_is_met_again_when_another_control_plane_comes(resource: Resource) -> None:
    async def story() -> None:
        await resource.servers.ensure(resource.spec)
        first = resource.pid
        await resource.servers.ensure(resource.spec)
        assert resource.pid == first
        assert await resource.servers.status(resource.spec) == ResourceStatus.RUNNING

    asyncio.run(story())


def test_one_server_starts_when_it_is_asked_for_twice_at_once(resource: Resource) -> None:
    async def story() -> None:
        servers = resource.servers
        await asyncio.gather(servers.ensure(resource.spec), servers.ensure(resource.spec))
        assert await servers.answers(resource.spec)

    asyncio.run(story())
    data = str(resource.directory / "data")
    working = [path for path in Path("/proc").glob("[0-9]*/cwd") if _reads(path) == data]
    parents = {(path.parent / "stat").read_text().rpartition(")")[2].split()[1] for path in working}
    assert len(parents - {path.parent.name for path in working}) == 1


def _reads(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def test_nobody_gets_in_when_the_password_is_wrong(resource: Resource) -> None:
    async def story() -> None:
        await resource.servers.ensure(resource.spec)
        stranger = replace(resource.spec, password="guess")
        assert not await resource.servers.answers(stranger)
        assert await resource.servers.answers(resource.spec)

    asyncio.run(story())


def test_only_this_machine_and_only_the_app_user_reach_the_data(resource: Resource) -> None:
    asyncio.run(resource.servers.ensure(resource.spec))
    listening = {
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{resource.pid}/net/{table}").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{resource.spec.port:04X}") and line.split()[3] == "0A"
    }
    assert listening == {f"0100007F:{resource.spec.port:04X}"}
    data = (resource.directory / "data").stat()
    assert data.st_uid == (find_user(USER).pw_uid if USER else os.geteuid())
    assert stat.S_IMODE(data.st_mode) == 0o700
    assert Path(f"/proc/{resource.pid}").stat().st_uid == data.st_uid
    command = Path(f"/proc/{resource.pid}/cmdline").read_text()
    assert resource.spec.password not in command


def test_nothing_is_left_when_it_is_deleted(resource: Resource) -> None:
    async def story() -> None:
        await resource.servers.ensure(resource.spec)
        pid = resource.pid
        await resource.servers.delete(resource.spec)
        await resource.servers.delete(resource.spec)
        assert not resource.directory.exists()
        assert identify(pid) is None

    asyncio.run(story())


def test_the_reason_is_given_when_the_port_is_taken(resource: Resource) -> None:
    async def story() -> None:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", resource.spec.port)
        async with server:
            with pytest.raises(ResourceError) as caught:
                await resource.servers.ensure(resource.spec)
            assert "cannot start resource main of app shop: " in str(caught.value)
            assert "is taken by another program" in str(caught.value)
        await resource.servers.ensure(resource.spec)
        assert await resource.servers.answers(resource.spec)

    asyncio.run(story())


def test_data_is_not_served_when_no_program_is_of_its_version(resource: Resource) -> None:
    async def story() -> None:
        await resource.servers.ensure(resource.spec)
        await resource.write("gold")
        await resource.servers.stop(resource.spec)
        record = resource.directory / "record.json"
        before = record.read_text()
        write_json(record, {"major": 99})
        with pytest.raises(ResourceError, match=r"its data is of \w+ 99, and this machine has .*"):
            await resource.servers.ensure(resource.spec)
        record.write_text(before)
        await resource.servers.ensure(resource.spec)
        assert await resource.read() == "gold"

    asyncio.run(story())


def test_the_programs_stand_outside_of_any_slot_when_they_come_with_the_rack() -> None:
    async def story(home: Path) -> None:
        programs = KINDS["postgres"].programs
        *_, newest, oldest = [program async for program in programs.found(home, USER)]
        kept, same = await asyncio.gather(*(programs.keep(oldest, home) for _ in range(2)))
        assert kept == same
        assert [path.name for path in (home / "servers").iterdir()] == [
            f"postgres-{oldest.version}"
        ]
        assert kept.directory.is_relative_to(home / "servers" / f"postgres-{oldest.version}")
        assert (newest.major, oldest.major) == (18, 16)
        again = [program async for program in programs.found(home, USER)]
        assert kept in again
        assert [await programs.keep(program, home) for program in (kept, oldest)] == [kept, kept]

    home = Path(tempfile.mkdtemp(prefix="rack-", dir="/tmp"))
    home.chmod(0o711)
    asyncio.run(story(home))
    shutil.rmtree(home)


UNKNOWN = [
    ({"type": "mysql"}, "this rack has no type 'mysql'; it has postgres and redis"),
    ({"options": {"size": "1"}}, "has no option 'size'; known: "),
]


@pytest.mark.parametrize(("change", "reason"), UNKNOWN)
def test_it_is_refused_when_the_rack_does_not_know_it(
    resource: Resource, change: dict[str, str], reason: str
) -> None:
    wrong = replace(resource.spec, **change)
    with pytest.raises(InvalidInput) as caught:
        asyncio.run(resource.servers.ensure(wrong))
    assert reason in str(caught.value)
    assert not resource.directory.exists()
