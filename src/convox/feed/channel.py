"""The name of a channel. Pure."""

import re

from convox.errors import InvalidInput

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def parse_channel(text: str) -> str:
    """Return a channel's name; a release in one that no rack can follow reaches nobody."""
    if not _NAME.fullmatch(text):
        raise InvalidInput("it must be the name of a channel, such as stable or edge")
    return text
