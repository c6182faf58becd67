"""A real mail server on loopback, with or without TLS, that keeps what it is given."""

import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from convox.testing.ports import free_port

USER, PASSWORD = "ann@example.com", "p#w:1"


@dataclass
class Mailbox:
    """What a server was given, and what it refuses."""

    mails: list[EmailMessage] = field(default_factory=list)
    sessions: list[bool] = field(default_factory=list)
    """Of each mail, whether it came over TLS."""
    logins: list[str] = field(default_factory=list)
    refuses: str = ""

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        self.sessions.append(session.ssl is not None)
        return "250 OK"

    def check(self, server, session, envelope, mechanism, data: LoginPassword) -> AuthResult:
        self.logins.append(data.login.decode())
        known = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=known, handled=known)


@dataclass(frozen=True)
class Certificate:
    """Files of a certificate for 127.0.0.1 and hook.test, of an authority that only it has."""

    file: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.file, self.key)
        return made


@contextmanager
def serving(mailbox: Mailbox, **options) -> Iterator[int]:
    """Serve a mailbox on a free port of loopback; the options are aiosmtpd's."""
    server = Controller(mailbox, hostname="127.0.0.1", port=0, **options)
    server.port = free_port()
    server.start()
    try:
        yield server.port
    finally:
        server.stop(no_assert=True)


def certificate(directory: Path) -> Certificate:
    """Make a certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("hook.test")]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = Certificate(directory / "cert.pem", directory / "key.pem")
    paths.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths
