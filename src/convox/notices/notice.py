"""What people are to learn of without looking. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

FORM = 1
"""The number of the JSON form; what is there in a form stays, and more may be added."""

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
_ID_LENGTH = 32
_NOTHING: Mapping[str, Any] = {}


class NoticeKind(StrEnum):
    """What a notice tells of."""

    AVAILABLE = "available"
    """A release is offered that is newer than the one that runs."""
    STARTED = "started"
    WAITING = "waiting"
    """An update does not begin yet, and will by itself."""
    DONE = "done"
    UNDONE = "undone"
    """What was before an update runs again."""
    FAILED = "failed"
    """An update has failed, and is being undone."""
    NEEDS_YOU = "needs-you"
    """Nothing goes on before a person does something."""
    TEST = "test"
    """A person tries a receiver out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One piece of news; ``version`` is the release that it is about.

    ``id`` stays the same however often, and by whichever release, it is delivered.

    ``kind`` is a text, since a newer release may have left kinds that this one does not know.

    ``text`` is for people. ``detail`` are JSON values for programs, and which there are follows
    from the kind.
    """

    id: str
    kind: str
    time: datetime
    rack: str
    version: str
    text: str
    detail: Mapping[str, Any]

    @property
    def title(self) -> str:
        """The text, and of which rack it is."""
        return f"rack {self.rack}: {self.text}" if self.rack else self.text


def compose(
    *,
    kind: NoticeKind,
    time: datetime,
    rack: str,
    version: str,
    text: str,
    detail: Mapping[str, Any] = _NOTHING,
) -> Notice:
    """Return a new notice; its id is the digest of all that it says."""
    content = _CANONICAL.encode([kind, written(time), rack, version, text, detail])
    return Notice(
        id=hashlib.sha256(content.encode()).hexdigest()[:_ID_LENGTH],
        kind=kind,
        time=time,
        rack=rack,
        version=version,
        text=text,
        detail=detail,
    )


def to_json(notice: Notice) -> bytes:
    """Return a notice in the documented form."""
    value = {
        "id": notice.id,
        "form": FORM,
        "kind": notice.kind,
        "time": written(notice.time),
        "rack": notice.rack,
        "version": notice.version,
        "text": notice.text,
        "detail": notice.detail,
    }
    return json.dumps(value, ensure_ascii=False).encode()


def written(time: datetime) -> str:
    """Return a time as it stands in a notice."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
