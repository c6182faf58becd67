"""Mail, given to a server that sends it on."""

import asyncio
import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum

from convox.host.apart import apart


class Protection(StrEnum):
    """How what is said to a mail server is protected; there is no falling back to less."""

    TLS = "smtps"
    """From the first byte."""
    STARTTLS = "smtp"
    """From the greeting on."""
    NONE = "smtp+plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Who takes mail; without a user, there is no login."""

    host: str
    port: int
    protection: Protection
    user: str = ""
    password: str = field(default="", repr=False)


class _Conversation:
    """One conversation with a server, which another thread may end."""

    def __init__(self, server: MailServer, patience: float) -> None:
        self._server = server
        self._patience = patience
        self._line: socket.socket | None = None
        self._is_over = False

    def send(self, message: EmailMessage) -> None:
        server, client = self._server, smtplib.SMTP(timeout=self._patience)
        with contextlib.closing(client):
            line = self._connect(client)
            if server.protection is Protection.STARTTLS:
                self._protect(client, line)
            if server.user:
                client.login(server.user, server.password)
            client.send_message(message)
            with contextlib.suppress(OSError):
                client.quit()

    def hang_up(self) -> None:
        self._is_over = True
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def _connect(self, client: smtplib.SMTP) -> socket.socket:
        address = self._server.host, self._server.port
        line = self._line = socket.create_connection(address, self._patience)
        if self._is_over:
            raise TimeoutError
        if self._server.protection is Protection.TLS:
            line = self._line = self._wrapped(line)
        client.sock = line
        _expect(220, client.getreply())
        return line

    def _protect(self, client: smtplib.SMTP, line: socket.socket) -> None:
        client.ehlo_or_helo_if_needed()
        if not client.has_extn("starttls"):
            raise smtplib.SMTPNotSupportedError(
                f"it has no STARTTLS; name it as {Protection.TLS}:// or {Protection.NONE}://"
            )
        _expect(220, client.docmd("STARTTLS"))
        client.sock = self._line = self._wrapped(line)
        client.file = None  # what came in the clear behind its answer counts for nothing
        client.ehlo()

    def _wrapped(self, line: socket.socket) -> socket.socket:
        return ssl.create_default_context().wrap_socket(line, server_hostname=self._server.host)


def _expect(code: int, reply: tuple[int, bytes]) -> None:
    if reply[0] != code:
        raise smtplib.SMTPResponseException(*reply)


async def send_mail(server: MailServer, message: EmailMessage, *, limit: float) -> None:
    """Send; ``OSError`` where the server has not taken it in ``limit`` seconds.

    Among these is ``smtplib.SMTPException``, with what the server says.
    """
    conversation = _Conversation(server, limit)
    try:
        async with asyncio.timeout(limit):
            await apart(lambda: conversation.send(message))
    except TimeoutError as error:
        conversation.hang_up()
        raise TimeoutError(f"no answer in {limit:g} s") from error
    except asyncio.CancelledError:
        conversation.hang_up()
        raise
