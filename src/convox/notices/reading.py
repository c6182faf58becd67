"""Read what a person gives for a receiver; ``InvalidInput`` says what is wrong with it. Pure."""

import re
from collections.abc import Collection
from urllib.parse import SplitResult, unquote, urlsplit

from convox.errors import InvalidInput
from convox.notices.mail import PORTS, UNPROTECTED, sender
from convox.notices.notice import NoticeKind
from convox.notices.receiver import ReceiverForm

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")
_MAIL = re.compile(r"[\w.%+=-]{1,64}@(?=.{1,190}$)[\w-]+(?:\.[\w-]+)*", re.ASCII)
_HOST = re.compile(r"(?=.{1,253}$)(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?|[\da-fA-F:.]{2,45}")
_LONGEST = 2000  # characters of an address
_ALL = "all"
_SHORTEST_SECRET, _LONGEST_SECRET = 16, 200
_DISCORD = re.compile(r"https://(?:\w+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d+/[\w-]+")
_WANTED = [kind for kind in NoticeKind if kind is not NoticeKind.TEST]


def read_form(text: str) -> ReceiverForm:
    """Return how a receiver takes notices."""
    if text not in set(ReceiverForm):
        raise _wrong(f"{text[:60]!r} is no form; the forms are {', '.join(ReceiverForm)}")
    return ReceiverForm(text)


def read_url(text: str) -> str:
    """Return the address of a webhook."""
    parts = _split(text)
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.hostname or ""):
        raise _wrong("its address is no URL; give one as https://host/path")
    if parts.username is not None:
        raise _wrong("its URL names a user; leave that out, the signature says who sends")
    return text


def read_chat_url(text: str) -> str:
    """Return the address of a chat service; Discord takes the common form at one of its own."""
    url = read_url(text)
    return f"{url}/slack" if _DISCORD.fullmatch(url) else url


def read_mail_address(text: str) -> str:
    """Return a mail address."""
    if not _MAIL.fullmatch(text):
        raise _wrong("its address is no mail address; give one as name@example.com")
    return text


def read_server(text: str) -> str:
    """Return the URL of a mail server."""
    parts = _split(text)
    if parts.scheme not in PORTS or not _HOST.fullmatch(parts.hostname or ""):
        known = ", ".join(f"{scheme}://" for scheme in PORTS)
        raise _wrong(
            f"its mail server is no URL that begins with {known}; give one as"
            " smtp://user:password@host:587"
        )
    if parts.username is not None and parts.scheme == UNPROTECTED:
        raise _wrong(
            f"{UNPROTECTED}:// shows a password to everybody on the way; use smtp:// or smtps://"
        )
    if not unquote(f"{parts.username or ''}{parts.password or ''}").isascii():
        raise _wrong("the login of its mail server has other signs than SMTP takes: use ASCII")
    if not _MAIL.fullmatch(sender(text)):
        raise _wrong("its mail server names no sender; add ?from=name@example.com to its URL")
    return text


def read_kinds(texts: Collection[str]) -> frozenset[NoticeKind]:
    """Return the kinds that are wanted, none for all."""
    unknown = sorted(set(texts) - {_ALL, *_WANTED})
    if unknown:
        known = ", ".join([_ALL, *_WANTED])
        raise _wrong(f"there is no kind {unknown[0][:60]!r}; the kinds are {known}")
    return frozenset() if _ALL in texts else frozenset(map(NoticeKind, texts))


def read_secret(text: str) -> str:
    """Return what signs; too short a secret can be guessed."""
    if not text.isascii() or not text.isprintable():
        raise _wrong("its secret has other signs than letters, digits and the like")
    if not _SHORTEST_SECRET <= len(text) <= _LONGEST_SECRET:
        raise _wrong(
            f"its secret must have {_SHORTEST_SECRET} to {_LONGEST_SECRET} signs; without one,"
            " the rack makes one"
        )
    return text


def read_name(text: str, form: ReceiverForm, taken: Collection[str]) -> str:
    """Return the name of a new receiver; without one, it is called by its form."""
    if not text:
        numbered = (f"{form}-{number}" for number in range(2, len(taken) + 3))
        return next(name for name in (str(form), *numbered) if name not in taken)
    if not _NAME.fullmatch(text):
        raise _wrong(f"it cannot be called {text[:60]!r}; use small letters, digits, dashes, dots")
    return text


def _split(text: str) -> SplitResult:
    """Return the parts of a URL; of one that can be none, blank ones."""
    is_plain = text.isascii() and text.isprintable() and " " not in text
    try:
        parts = urlsplit(text if is_plain and len(text) <= _LONGEST else "")
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _wrong(reason: str) -> InvalidInput:
    return InvalidInput(f"cannot add a receiver: {reason}")
