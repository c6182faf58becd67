"""Sign what is sent, as the Standard Webhooks specification has it. Pure.

The signature is over the id, the time of the attempt and the body. A receiver refuses what is too
old, and drops an id that it has seen: so nothing that was listened in on can be sent again.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

PREFIX = "whsec_"


def secret(key: bytes) -> str:
    """Return a key as people are shown it."""
    return PREFIX + base64.b64encode(key).decode()


def key(shown: str) -> bytes:
    """Return the key that a secret stands for: what is behind the prefix, in base64, or itself."""
    if shown.startswith(PREFIX):
        with contextlib.suppress(binascii.Error):
            return base64.b64decode(shown.removeprefix(PREFIX), validate=True)
    return shown.encode()


def headers(shown: str, *, id: str, now: datetime, body: bytes) -> Mapping[str, str]:  # noqa: A002 - the header's name
    """Return the headers that show who sent a body, and when."""
    time = int(now.timestamp())
    signed = f"{id}.{time}.".encode() + body
    digest = hmac.new(key(shown), signed, hashlib.sha256).digest()
    return {
        "webhook-id": id,
        "webhook-timestamp": str(time),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
