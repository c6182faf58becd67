"""A notice as a request, for a program or for a chat service. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from convox.notices.notice import Notice, to_json
from convox.notices.receiver import Receiver, ReceiverForm
from convox.notices.signing import headers

_LONGEST = 1900  # characters of a message; Discord takes 2000
_TEAMS = (".webhook.office.com", ".logic.azure.com", ".api.powerplatform.com")
_CARD = "application/vnd.microsoft.card.adaptive"
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "@\u200b"})
"""What calls nobody: a sign of no width behind ``@`` keeps ``@everyone`` from being one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is sent where."""

    url: str = field(repr=False)
    headers: Mapping[str, str]
    body: bytes


def post(receiver: Receiver, notice: Notice, now: datetime) -> Post:
    """Return the request that tells a receiver."""
    if receiver.form is ReceiverForm.WEBHOOK:
        body = to_json(notice)
        signature = headers(receiver.secret, id=notice.id, now=now, body=body)
    else:
        body, signature = _message(receiver, notice), {}
    fields = {"content-type": "application/json", "user-agent": "convox-rack", **signature}
    return Post(url=receiver.address, headers=fields, body=body)


def _message(receiver: Receiver, notice: Notice) -> bytes:
    text = notice.title[:_LONGEST]
    host = urlsplit(receiver.address).hostname or ""
    value = _card(text) if host.endswith(_TEAMS) else {"text": text.translate(_ESCAPED)}
    return json.dumps(value, ensure_ascii=False).encode()


def _card(text: str) -> dict[str, Any]:
    """Return a message as workflows of Microsoft Teams take it: no text, but a card."""
    card = {
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": [{"type": "TextBlock", "text": text, "wrap": True}],
    }
    return {"type": "message", "attachments": [{"contentType": _CARD, "content": card}]}
