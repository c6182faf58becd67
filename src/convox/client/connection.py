"""A connection to a rack, trusted before a byte of a request is sent."""

import socket
from typing import TYPE_CHECKING

from convox.client.endpoint import Endpoint
from convox.client.errors import Garbled, Unreachable, Untrusted

if TYPE_CHECKING:
    import ssl

_DIAL = 10.0  # seconds until a connection stands
_HEAD = 65536  # bytes that the head of an answer may have
_READ = 65536  # bytes


def connect(endpoint: Endpoint) -> socket.socket:
    """Return a connection, over TLS where the endpoint says so."""
    name, port = endpoint.address
    if name.endswith(".localhost"):  # RFC 6761, 6.3; not every resolver knows it
        name = "127.0.0.1"
    host = _resolvable(name)
    try:
        plain = socket.create_connection((host, port), timeout=min(_DIAL, endpoint.patience))  # type: ignore[arg-type] # getaddrinfo takes both
    except OSError as error:
        raise Unreachable(str(error)) from error
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = plain if endpoint.scheme == "http" else _secure(plain, endpoint, host)
    connection.settimeout(endpoint.patience)
    return connection


def _resolvable(name: str) -> bytes:
    """Return a host's name as it is looked up.

    Of a ``str``, Python would load its tables of all the world's letters to tell that it has none.
    """
    try:
        return name.encode("ascii" if name.isascii() else "idna")
    except UnicodeError as error:
        raise Unreachable(f"{name!a} cannot be the name of a host") from error


def _secure(plain: socket.socket, endpoint: Endpoint, host: bytes) -> "ssl.SSLSocket":
    import ssl

    try:
        return _context(endpoint.certificate).wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise Untrusted(error.verify_message) from error
    except ssl.SSLError as error:
        raise Unreachable(f"what listens there speaks no TLS: {error.reason}") from error
    except OSError as error:
        raise Unreachable(str(error)) from error


def _context(certificate: str) -> "ssl.SSLContext":
    """Trust this certificate alone, and whom it signs; else the machine's authorities.

    A pinned certificate stands for the rack itself, so the name in it does not matter.
    """
    import ssl

    if not certificate:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=certificate)
    return context


def presented(endpoint: Endpoint) -> bytes:
    """Return what the server shows of itself, unverified: the last certificate of its chain, DER.

    That is the authority which signs its later certificates, where the server sends it.
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    name, _ = endpoint.address
    with connect(endpoint._replace(scheme="http", host=_with_port(endpoint))) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=_resolvable(name)) as secure:
                chain = secure._sslobj.get_unverified_chain()  # type: ignore[attr-defined] # noqa: SLF001 - public from Python 3.13 on
        except OSError as error:
            raise Unreachable(str(error)) from error
    return ssl.PEM_cert_to_DER_cert(chain[-1].public_bytes())


def _with_port(endpoint: Endpoint) -> str:
    name, port = endpoint.address
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


class Reader:
    """Reads a connection piece by piece; ``rest`` is what was read and not yet asked for."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.rest = b""

    def until(self, mark: bytes) -> bytes:
        """Return what comes before the mark, and pass over the mark."""
        while mark not in self.rest:
            if len(self.rest) > _HEAD:
                raise Garbled("the answer's head does not end")
            self._more()
        found, _, self.rest = self.rest.partition(mark)
        return found

    def exactly(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        pieces, missing = [], size
        while missing > len(self.rest):
            pieces.append(self.rest)
            missing -= len(self.rest)
            self.rest = b""
            self._more()
        pieces.append(self.rest[:missing])
        self.rest = self.rest[missing:]
        return b"".join(pieces)

    def to_end(self) -> bytes:
        """Return all that comes until the other side closes."""
        pieces = [self.rest]
        while piece := self._receive():
            pieces.append(piece)
        return b"".join(pieces)

    def _more(self) -> None:
        piece = self._receive()
        if not piece:
            raise Unreachable("the connection was closed before the answer came")
        self.rest += piece

    def _receive(self) -> bytes:
        try:
            return self._connection.recv(_READ)
        except OSError as error:
            raise Unreachable(str(error)) from error
