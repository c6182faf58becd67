"""A peer that speaks the wire of the Rack API and says what a test gives it to say."""

import base64
import contextlib
import hashlib
import json
import ssl
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from convox.cli.machine import Machine
from convox.cli.main import run

PASSWORD = "secret"
_WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_FORM = "application/x-www-form-urlencoded"
TEXT, BINARY = 1, 2


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


@dataclass
class Peer:
    """A rack's API as far as a test needs it."""

    requests: list[str] = field(default_factory=list)
    heads: list[Mapping[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=lambda: defaultdict(list))
    streams: dict[str, Callable[["Socket"], None]] = field(default_factory=dict)
    host: str = ""

    def answer(self, request: str, *values: Any, status: int = 200) -> None:
        """Answer a request with each value in turn, and then always with the last."""
        self.answers[request] += [(status, value) for value in values]

    def stream(self, path: str, *pieces: bytes) -> None:
        """Send these frames to whoever opens the stream, and its end."""

        def send(socket: "Socket") -> None:
            for piece in pieces:
                socket.send(TEXT, piece)
            socket.send(BINARY, b"")

        self.streams[path] = send

    @property
    def url(self) -> str:
        return f"http://convox:{PASSWORD}@{self.host}"


class Socket:
    """The server's end of a WebSocket."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._read, self._write = handler.rfile, handler.wfile

    def send(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        long = (
            b"\x7e" + size.to_bytes(2, "big") if size < 65536 else b"\x7f" + size.to_bytes(8, "big")
        )
        length = bytes([size]) if size < 126 else long
        self._write.write(bytes([0x80 | kind]) + length + payload)
        self._write.flush()

    def receive(self) -> tuple[int, bytes]:
        first, second = self._read.read(2)
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(self._read.read(2 if size == 126 else 8), "big")
        mask = self._read.read(4)
        data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(self._read.read(size)))
        return first & 0x0F, data

    def receive_all(self) -> bytes:
        """Return what comes until the client ends its side."""
        found = b""
        while True:
            kind, data = self.receive()
            if kind == BINARY:
                return found
            found += data if kind == TEXT else b""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    peer: Peer

    def log_message(self, *_: object) -> None:
        pass

    def handle_any(self) -> None:
        peer, body = self.peer, self.rfile.read(int(self.headers.get("Content-Length", 0)))
        form = ""
        if self.headers.get("Content-Type") == _FORM:
            pairs = parse_qsl(body.decode(), keep_blank_values=True)
            form = "".join(f" {key}={value}" for key, value in pairs)
        peer.heads.append(dict(self.headers))
        peer.bodies.append(body)
        path = self.path.partition("?")[0]
        if self.headers.get("Upgrade") == "websocket" and path in peer.streams:
            peer.requests.append(f"SOCKET {self.path}")
            self._upgrade(peer.streams[path])
            return
        peer.requests.append(f"{self.command} {self.path}{form}")
        login = base64.b64encode(f"convox:{PASSWORD}".encode()).decode()
        if path != "/check" and self.headers.get("Authorization") != f"Basic {login}":
            self._answer(401, "invalid authentication")
            return
        queue = peer.answers.get(f"{self.command} {path}", [(404, "")])
        self._answer(*(queue.pop(0) if len(queue) > 1 else queue[0]))

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - the base's names

    def _answer(self, status: int, value: Any) -> None:
        body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _upgrade(self, serve: Callable[[Socket], None]) -> None:
        key = self.headers["Sec-WebSocket-Key"] + _WEBSOCKET
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        serve(Socket(self))
        self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over a client that left, as an interrupted one does."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@pytest.fixture
def serve() -> Iterator[Callable[..., Peer]]:
    """Return what starts a peer, over TLS where a certificate's files are given."""
    servers = []

    def start(certificate: tuple[Path, Path] | None = None) -> Peer:
        peer = Peer()
        handler = type("Handler", (_Handler,), {"peer": peer})
        server = _Server(("127.0.0.1", 0), handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        peer.host = f"127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return peer

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def peer(serve: Callable[..., Peer]) -> Peer:
    return serve()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder where commands are typed; its app is ``app1``."""
    path = tmp_path / "app1"
    path.mkdir()
    return path


@pytest.fixture
def convox(folder: Path, tmp_path: Path) -> Callable[..., Ended]:
    """Return what runs a command as a person types it, with settings of its own."""

    def type_in(*words: str, stdin: bytes = b"", **variables: str) -> Ended:
        environment = {
            "HOME": str(tmp_path / "home"),
            "PATH": "/usr/bin:/bin",
            "PROVIDER": "test",
            **variables,
        }
        with contextlib.ExitStack() as open_files:
            given, out, err = (open_files.enter_context(tempfile.TemporaryFile()) for _ in range(3))
            given.write(stdin)
            given.seek(0)
            status = run(words, Machine(environment, str(folder), given, out, err))
            return Ended(status, read_all(out), read_all(err))

    return type_in


def read_all(stream: BinaryIO) -> str:
    stream.seek(0)
    return stream.read().decode(errors="surrogateescape")


@pytest.fixture
def typed(convox: Callable[..., Ended], peer: Peer) -> Callable[..., Ended]:
    """Return what runs a command against the peer."""

    def type_in(line: str, *words: str, **options: Any) -> Ended:
        return convox(*line.split(), *words, RACK_URL=peer.url, **options)

    return type_in


class Authority:
    """Signs certificates, none of them for a name that a test uses; its own is self-signed."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory, self._name = directory, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign(name, self._key.public_key(), signs=True)

    def issue(self, name: str) -> tuple[Path, Path]:
        """Return the files of a certificate, the authority's own behind it, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        own = self._directory / f"{name}.pem", self._directory / f"{name}.key"
        own[0].write_text(self._sign(name, key.public_key(), signs=False) + self.certificate)
        own[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return own

    def _sign(self, name: str, key: ec.EllipticCurvePublicKey, *, signs: bool) -> str:
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._name)]))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=signs, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def authority(tmp_path: Path) -> Callable[[str], Authority]:
    """Return what founds an authority."""
    return lambda name: Authority(tmp_path, name)
