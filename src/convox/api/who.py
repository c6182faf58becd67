"""Who asks, for the history: the user of the login, and the person and machine that a client names.

Everybody who knows the rack's password may ask, so this is what they say of themselves, and proves
nothing. A Convox client names no person.
"""

import unicodedata
from collections.abc import Mapping

from convox.api.authentication import basic_user
from convox.api.encoding import header

HEADER = "Who"
_UNNAMED = "API"
_LONGEST = 80  # characters of a name


def who(headers: Mapping[str, str]) -> str:
    """Return who asks, such as ``convox (root@machine)`` or ``convox (API)``."""
    user = _plain(basic_user(headers.get("authorization", "")))
    person = _plain(header(headers.get(HEADER, "")))
    return f"{user or 'nobody'} ({person or _UNNAMED})"


def _plain(name: str) -> str:
    """Return a name on one line, without signs that a terminal would act on or not show."""
    seen = "".join(sign if _is_shown(sign) else " " for sign in name)
    return " ".join(seen.split())[:_LONGEST].rstrip()


def _is_shown(sign: str) -> bool:
    return unicodedata.category(sign)[0] not in "CZ"
