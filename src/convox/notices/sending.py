"""Send one notice to one receiver, and return what it says; it may take as long as the limit."""

import smtplib
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from convox.host.mailing import MailServer, Protection, send_mail
from convox.host.posting import Reply
from convox.host.posting import post as send_post
from convox.notices.delivery import Answer
from convox.notices.mail import PORTS, mail
from convox.notices.notice import Notice
from convox.notices.posting import post
from convox.notices.receiver import Receiver, ReceiverForm

LIMIT = 15.0  # seconds for a receiver to take a notice
_TAKEN = 250  # what SMTP says to a mail
_LONGEST = 200  # characters of what a receiver says


async def send(
    receiver: Receiver, notice: Notice, *, now: datetime, limit: float = LIMIT
) -> Answer:
    """Send; whatever goes wrong is the answer."""
    try:
        if receiver.form is ReceiverForm.MAIL:
            await send_mail(_server(receiver.server), mail(receiver, notice), limit=limit)
            return Answer(status=_TAKEN)
        request = post(receiver, notice, now)
        reply = await send_post(request.url, request.body, request.headers, limit=limit)
    except smtplib.SMTPResponseException as error:
        return _refused_mail(receiver, error.smtp_code, error.smtp_error)
    except smtplib.SMTPRecipientsRefused as error:
        return _refused_mail(receiver, *error.recipients[receiver.address])
    except OSError as error:
        return Answer(error=_plain(receiver, str(error) or type(error).__name__))
    if 200 <= reply.status < 300:
        return Answer(status=reply.status)
    return Answer(status=reply.status, error=_refusal(receiver, reply), pause=_pause(reply))


def _server(url: str) -> MailServer:
    parts = urlsplit(url)
    return MailServer(
        host=parts.hostname or "",
        port=parts.port or PORTS[parts.scheme],
        protection=Protection(parts.scheme),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _refused_mail(receiver: Receiver, code: int, said: bytes | str) -> Answer:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return Answer(status=code, error=f"SMTP {code}: {_plain(receiver, text)}")


def _refusal(receiver: Receiver, reply: Reply) -> str:
    if 300 <= reply.status < 400:
        return f"HTTP {reply.status}: it has moved, and nobody is followed; add its new address"
    said = _plain(receiver, reply.body.decode(errors="replace"))
    return f"HTTP {reply.status}: {said}" if said else f"HTTP {reply.status}"


def _pause(reply: Reply) -> timedelta:
    """Return how long a server wants to be left alone, where it says so in seconds."""
    wanted = reply.headers.get("retry-after", "")
    is_number = wanted.isascii() and wanted.isdigit() and len(wanted) < 8
    return timedelta(seconds=int(wanted)) if is_number else timedelta()


def _plain(receiver: Receiver, text: str) -> str:
    """Return a text on one line, without what it must not show."""
    shown = "".join(sign if sign.isprintable() else " " for sign in receiver.masked(text))
    return " ".join(shown.split())[:_LONGEST]
