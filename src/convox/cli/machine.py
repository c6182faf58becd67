"""Every touch of the machine that a command needs: its clock, files, programs and terminal.

The command line stands apart from the rack's own ``host``, which waits with asyncio; loading that
would take longer than most commands do.
"""
# pathlib would take a third of a command's time:
# ruff: noqa: PTH103, PTH105, PTH108, PTH109, PTH110, PTH112, PTH118, PTH120, PTH123

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    import subprocess


class Machine(NamedTuple):
    """The machine as a command sees it: where it was typed, and by whom."""

    environment: Mapping[str, str]
    directory: str
    stdin: BinaryIO
    stdout: BinaryIO
    stderr: BinaryIO

    @classmethod
    def here(cls) -> "Machine":
        """Return the machine that this program runs on."""
        stdin = sys.stdin.buffer if sys.stdin else open(os.devnull, "rb")  # noqa: SIM115 - for as long as this program
        return cls(os.environ, os.getcwd(), stdin, sys.stdout.buffer, sys.stderr.buffer)

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time()  # noqa: TID251 - see above

    def monotonic(self) -> float:
        """Return seconds that never go back, from an arbitrary start."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        time.sleep(seconds)  # noqa: TID251 - see above

    def variable(self, name: str) -> str:
        """Return a variable of the environment, blank where it is not set."""
        return self.environment.get(name, "")

    def path(self, *parts: str) -> str:
        """Return a path, a relative one being below where the command was typed."""
        return os.path.normpath(os.path.join(self.directory, *parts))

    def read(self, path: str) -> str | None:
        """Return a file's text; ``None`` where there is no such file."""
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, path: str, text: str) -> None:
        """Put a file there that only its owner can read, whole or not at all."""
        before = os.umask(0o077)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.umask(before)
        fresh = f"{path}.{os.getpid()}"
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)

    @contextmanager
    def lock(self, path: str) -> Iterator[str]:
        """Hold a lock on a file meanwhile; what is given names who else has it, blank for nobody.

        It goes with this program, however that ends; the name that stays in the file locks nothing.
        """
        import fcntl

        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield file.read() or "another program"  # it has not come to write its name yet
            else:
                file.truncate()
                file.write(f"process {os.getpid()} on {os.uname().nodename}")
                file.flush()
                yield ""

    def remove(self, path: str) -> None:
        """Remove a file; nothing happens where there is none."""
        if os.path.lexists(path):
            os.unlink(path)

    def exists(self, path: str) -> bool:
        """Say whether something is there."""
        return os.path.exists(path)

    def is_folder(self, path: str) -> bool:
        """Say whether a folder is there."""
        return os.path.isdir(path)

    def run(self, argv: Sequence[str], *, inherited: Sequence[int] = ()) -> int:
        """Run a program with this one's streams, and further descriptors; return its status."""
        return self._start(argv, inherited).wait()

    def output(self, argv: Sequence[str]) -> str | None:
        """Return what a program prints; ``None`` where it fails or is not there."""
        import subprocess

        try:
            done = subprocess.run(  # noqa: TID251 - see above
                list(argv), cwd=self.directory, check=True, capture_output=True, text=True
            )
        except (OSError, subprocess.CalledProcessError):
            return None
        return done.stdout.strip()

    def _start(self, argv: Sequence[str], inherited: Sequence[int]) -> "subprocess.Popen[bytes]":
        import subprocess

        return subprocess.Popen(
            list(argv),
            cwd=self.directory,
            env=dict(self.environment),
            pass_fds=tuple(inherited),
            stdin=self.stdin,
            stdout=self.stdout,
            stderr=self.stderr,
        )


def is_terminal(stream: BinaryIO) -> bool:
    """Say whether a person sits at the other end."""
    return stream.isatty()
