"""The user of this machine that a rack's apps run as."""

import pwd

from convox.host import commands


def is_there(user: str) -> bool:
    """Say whether the machine knows the user."""
    return any(entry.pw_name == user for entry in pwd.getpwall())


async def create(user: str) -> None:
    """Make a user who owns nothing and logs in nowhere."""
    await commands.check(["useradd", "--system", "--no-create-home", "--shell", "/bin/sh", user])


async def remove(user: str) -> None:
    """Take the user away again."""
    await commands.check(["userdel", user])
