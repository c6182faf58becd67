"""Who may ask: whoever knows the rack's password. Only ``/check`` is open."""

import base64
import binascii
import hmac
from urllib.parse import quote, quote_plus

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from convox.api.encoding import header

OPEN = frozenset({"/check"})
_REFUSAL = PlainTextResponse("invalid authentication\n", status_code=401)


class Authentication:
    """Lets requests and sockets through that carry the password, under any user name."""

    def __init__(self, app: ASGIApp, password: str) -> None:
        self._app = app
        self._accepted = accepted_forms(password)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "lifespan"
            or scope["path"] in OPEN
            or self._knows(Headers(scope=scope))
        ):
            await self._app(scope, receive, send)
        else:
            await _REFUSAL(scope, receive, send)

    def _knows(self, headers: Headers) -> bool:
        given = basic_password(headers.get("authorization", ""))
        if given is None:
            return False
        return any(hmac.compare_digest(given.encode(), form) for form in self._accepted)


def accepted_forms(password: str) -> tuple[bytes, ...]:
    """Return what may arrive for a password: Convox clients send it percent-encoded."""
    forms = {password, quote(password, safe="$&+,;=~"), quote_plus(password)}
    return tuple(form.encode() for form in sorted(forms))


def basic_password(authorization: str) -> str | None:
    """Return the password of a basic authorization, ``None`` where the header holds none."""
    pair = _basic_pair(authorization)
    return None if pair is None else pair.partition(":")[2]


def basic_user(authorization: str) -> str:
    """Return the user of a basic authorization, blank where the header holds none."""
    return (_basic_pair(authorization) or "").partition(":")[0]


def _basic_pair(authorization: str) -> str | None:
    scheme, _, credentials = header(authorization).partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
