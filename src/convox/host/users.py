"""Whom a program runs as."""

import os
import pwd
from collections.abc import Sequence
from typing import TypedDict

from convox.errors import HostError


class Credentials(TypedDict, total=False):
    """What ``subprocess`` takes to start a program as somebody else."""

    user: int
    group: int
    extra_groups: Sequence[int]


def credentials(user: str | int | None) -> Credentials:
    """Return what drops a program to the user wholly: a left-over group would keep root's rights.

    Empty for ``None`` and for the user who asks, who needs no right to stay the same.
    """
    if user is None:
        return {}
    entry = find_user(user)
    if entry.pw_uid == os.geteuid():
        return {}
    groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": groups}


def find_user(user: str | int) -> pwd.struct_passwd:
    """Return the machine's record of a user; ``HostError`` where it has none."""
    try:
        return pwd.getpwuid(user) if isinstance(user, int) else pwd.getpwnam(user)
    except KeyError:
        raise HostError(
            f"cannot run as user {user}: this machine does not know it; create it with useradd"
        ) from None


def knows_user(name: str) -> bool:
    """Say whether the machine has such a user."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def own(path: os.PathLike[str], user: str | int | None) -> None:
    """Make the file or directory the user's; ``None`` stands for the user who asks."""
    given = credentials(user)
    if given:
        os.chown(path, given["user"], given["group"], follow_symlinks=False)


def person() -> str:
    """Return who runs this program, and where, such as ``root@machine``."""
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # as in a container, where numbers need no names
        name = str(number)
    return f"{name}@{os.uname().nodename}"
