"""Whom processes run as."""

import os
import pwd
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user with all groups; ``is_other``: not the one that the agent itself runs as."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    is_other: bool


def find(user: str | None) -> Account:
    """Look a user up, the agent's own for ``None``; refuse to let anything run as root."""
    entry = pwd.getpwuid(os.geteuid()) if user is None else pwd.getpwnam(user)
    if entry.pw_uid == 0:
        raise PermissionError("cannot run processes as root: name another user")
    return Account(
        uid=entry.pw_uid,
        gid=entry.pw_gid,
        groups=tuple(os.getgrouplist(entry.pw_name, entry.pw_gid)),
        is_other=entry.pw_uid != os.geteuid(),
    )
