"""``python -I -S IMAGE --home DIRECTORY [--sweep]``: be an instance, or end what is left of one."""

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
from pathlib import Path

from convox.agent import account, identity, kernel, leftovers
from convox.agent.account import Account
from convox.agent.files import write_json
from convox.agent.identity import Identity
from convox.agent.leftovers import Mark
from convox.agent.machine import Machine
from convox.agent.place import Host
from convox.agent.reaper import Reaper
from convox.agent.reservations import hold_address
from convox.agent.server import Server

_GRACE = 10.0  # seconds for the processes of an agent that is told to end


def main() -> None:
    """Run the program."""
    match sys.argv[1:]:
        case ["--home", directory]:
            _boot(identity.read(directory))
        case ["--home", directory, "--sweep"]:
            asyncio.run(_sweep(identity.read(directory)))
        case _:
            sys.exit("usage: python -I -S IMAGE --home DIRECTORY [--sweep]")


def _boot(own: Identity) -> None:
    os.umask(0o077)
    os.chdir(own.directory)
    with contextlib.ExitStack() as held:
        lock = held.enter_context(Path("agent.lock").open("wb"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"instance {own.id} runs already")
        holder = hold_address(own.address)
        if holder is None:
            sys.exit(f"cannot boot instance {own.id}: {own.address} belongs to another")
        held.enter_context(holder)
        for directory in (own.processes, own.sessions):
            Path(directory).mkdir(exist_ok=True)
            Path(directory).chmod(0o711)
        try:
            user = account.find(own.user)
        except (KeyError, PermissionError) as error:
            sys.exit(f"cannot boot instance {own.id}: {error}")
        asyncio.run(_serve(own, user))


async def _serve(own: Identity, user: Account) -> None:
    kernel.adopt_orphans()
    reaper = Reaper()
    reaper.watch()
    host = Host(identity=own, account=user, reaper=reaper)
    await _sweep(own)
    async with asyncio.TaskGroup() as tasks:
        machine = Machine(host, tasks)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, machine.leave, _GRACE)
        _record_pid()
        machine.resume()
        server = await Server(own, machine).listen()
        await machine.left.wait()
        server.close()


async def _sweep(own: Identity) -> None:
    """End what an earlier life of this instance has left running."""
    sessions = leftovers.noted(own.sessions)
    await leftovers.end(Mark(sessions=sessions, home=own.processes))
    for session in sessions:
        leftovers.forget(own.sessions, session)


def _record_pid() -> None:
    """Let others know this very process, even while it does not answer."""
    started = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    record = {"number": os.getpid(), "started": int(started)}
    write_json(Path("agent.pid"), record)
