"""A notice as mail, and what the URL of a mail server says. Pure.

``smtps`` is TLS from the first byte, ``smtp`` from the greeting on, and neither falls back to less;
``smtp+plain`` is none at all, for a server of the same machine or network.
"""

from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from convox.notices.notice import Notice
from convox.notices.receiver import Receiver

PORTS: Mapping[str, int] = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
"""What a mail server's URL begins with, and the port where it names none."""
UNPROTECTED = "smtp+plain"
_LONGEST = 150  # characters of a subject


def sender(server: str) -> str:
    """Return who a mail is from: ``?from=`` of the URL, or its user."""
    parts = urlsplit(server)
    given = parse_qs(parts.query).get("from")
    return given[0] if given else unquote(parts.username or "")


def mail(receiver: Receiver, notice: Notice) -> EmailMessage:
    """Return the mail that tells a receiver; sent again, it is known for the same one."""
    message = EmailMessage()
    message["Subject"] = " ".join(notice.title.split())[:_LONGEST]
    message["From"] = sender(receiver.server)
    message["To"] = receiver.address
    message["Date"] = format_datetime(notice.time)
    message["Message-ID"] = f"<{notice.id}@rack.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    told = {
        "Rack": notice.rack,
        "Version": notice.version,
        "Kind": notice.kind,
        "Time": f"{notice.time:%Y-%m-%d %H:%M:%S} UTC",
        **{_title(key): value for key, value in notice.detail.items()},
    }
    lines = [notice.text, "", *(f"{name}: {value}" for name, value in told.items() if value)]
    message.set_content("\n".join(lines) + "\n")
    return message


def _title(key: str) -> str:
    return key.replace("_", " ").capitalize()
