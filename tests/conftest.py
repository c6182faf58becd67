"""Real databases for whoever asks: every test that takes ``database`` runs on both kinds."""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.simulation.played import Played

from convox.state.database import Database
from convox.testing.disk import NoDisk, SmallDisk, small_disk
from convox.testing.ports import free_port

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL server on loopback, as a user that is not root; yield its URL."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    user = "postgres" if os.geteuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if user:
        os.chown(directory, pwd.getpwnam(user).pw_uid, -1)
    data, port = directory / "data", free_port()
    initdb = [programs / "initdb", "-D", data, "-U", "rack", "--auth=trust", "--no-sync"]
    subprocess.run(initdb, check=True, user=user, stdout=subprocess.DEVNULL, cwd=directory)
    options = f"-c listen_addresses=127.0.0.1 -c fsync=off -k {directory}"
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), *options.split()],
        user=user,
        cwd=directory,
        stderr=(directory / "log").open("w") if not user else subprocess.DEVNULL,
    )
    ready = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "30"]
    while subprocess.run(ready, check=False).returncode:
        assert server.poll() is None, "PostgreSQL ended at once"
    yield f"postgresql://rack@127.0.0.1:{port}"
    server.send_signal(signal.SIGINT)
    server.wait(30)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Open an empty database of each kind in turn."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'rack.db'}")
    else:
        opened = Database(_new_postgresql_database(request.getfixturevalue("postgresql")))
    with contextlib.closing(opened):
        yield opened


def _new_postgresql_database(server: str) -> str:
    import psycopg

    name = f"test{next(_numbers)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


@pytest.fixture
def mount() -> Iterator[Callable[..., SmallDisk]]:
    """Give directories small disks of their own for the time of a test."""
    with contextlib.ExitStack() as mounted:

        def give(place: Path, size: str = "2m") -> SmallDisk:
            try:
                return mounted.enter_context(small_disk(place, size=size))
            except NoDisk as error:
                pytest.skip(f"cannot mount a disk here: {error}")

        yield give


def pytest_configure(config: pytest.Config) -> None:
    """Count what the simulation plays, in the process that has the others run the tests."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Played(config))
