"""Whom notices go to. Pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from convox.notices.notice import NoticeKind

_HIDDEN = "***"
_SHORT = 5


class ReceiverForm(StrEnum):
    """How a receiver takes a notice."""

    WEBHOOK = "webhook"
    """As signed JSON."""
    CHAT = "chat"
    """As a chat service takes a message."""
    MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Somebody who is told; ``kinds`` are those that they want, all where there are none.

    They are texts, since a newer release may have left kinds that this one does not know.

    ``address`` is a URL or a mail address, and ``server`` the URL of the server that takes the
    mail. ``secret`` signs what is sent. All three may hold what only few should know.
    """

    name: str
    form: ReceiverForm
    address: str = field(repr=False)
    kinds: AbstractSet[str] = frozenset()
    secret: str = field(default="", repr=False)
    server: str = field(default="", repr=False)

    def wants(self, kind: str) -> bool:
        """Say whether a notice of this kind goes there; a test always does."""
        return not self.kinds or kind in self.kinds or kind == NoticeKind.TEST

    @property
    def shown(self) -> str:
        """The address, without the part of it that lets whoever knows it send as well."""
        if self.form is ReceiverForm.MAIL:
            return f"{self.address} by {_bare(self.server)}"
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}/{_HIDDEN}"

    def masked(self, text: str) -> str:
        """Return a text, such as an answer of the receiver's, without what it must not show."""
        for hidden in sorted(self._hidden(), key=len, reverse=True):
            text = text.replace(hidden, _HIDDEN)
        return text

    def _hidden(self) -> list[str]:
        parts, password = urlsplit(self.address), urlsplit(self.server).password or ""
        found = [self.secret, password, unquote(password)]
        if self.form is not ReceiverForm.MAIL:
            # What is shorter is no secret, and would be found in every other word.
            path = parts.path.strip("/")
            pieces = (parts.query, path, path.rpartition("/")[2])
            found += [each for each in pieces if len(each) > _SHORT]
        return [each for each in found if each]


def _bare(server: str) -> str:
    """Return a mail server's URL without its login."""
    parts = urlsplit(server)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
