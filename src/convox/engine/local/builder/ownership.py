"""Who may write to a slug: the app user while it is built, nobody but the rack afterwards."""

import os
import stat
from pathlib import Path

from convox.host.users import credentials


def give(directory: Path, user: str | None) -> None:
    """Let the app user write to everything below."""
    given = credentials(user)
    if not given:
        return
    for _, directories, files, descriptor in os.fwalk(directory):
        os.fchown(descriptor, given["user"], given["group"])
        for name in (*directories, *files):
            os.chown(name, given["user"], given["group"], dir_fd=descriptor, follow_symlinks=False)


def seal(directory: Path, user: str | None) -> None:
    """Take everything below back; all may read it, and run what its owner could.

    A directory is taken before its entries are looked at, so that whatever still runs as the app
    user cannot put a link in their place.
    """
    if not credentials(user):
        return
    for _, directories, files, descriptor in os.fwalk(directory):
        os.fchown(descriptor, os.geteuid(), os.getegid())
        os.fchmod(descriptor, 0o755)
        for name in (*directories, *files):
            _seal_entry(name, descriptor)


def _seal_entry(name: str, directory: int) -> None:
    mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
    if stat.S_ISDIR(mode):
        return  # its turn comes
    os.chown(name, os.geteuid(), os.getegid(), dir_fd=directory, follow_symlinks=False)
    if stat.S_ISREG(mode):
        os.chmod(name, 0o755 if mode & stat.S_IXUSR else 0o644, dir_fd=directory)
