"""The certificates of a rack, from an authority of its own.

A wildcard covers one label, and an app's hosts are ``<service>.<app>.<domain>``, so each app has a
certificate for ``*.<app>.<domain>``; HAProxy picks by the name that a client asks for. A host
outside the rack's domain has one for itself.
"""

import contextlib
import hashlib
import ipaddress
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from convox.host.files import write_atomically

_AUTHORITY_LIFE = timedelta(days=3652)
_LIFE = timedelta(days=365)
_RENEW = timedelta(days=30)  # before a certificate ends
_SKEW = timedelta(hours=1)  # by which a client's clock may be late

_NO_USE = {
    "digital_signature": False,
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}
_SIGNS_CERTIFICATES = x509.KeyUsage(**_NO_USE | {"key_cert_sign": True, "crl_sign": True})
_SERVES = x509.KeyUsage(**_NO_USE | {"digital_signature": True})


class Certificates:
    """The files below a router's directory.

    ``ca.pem`` is what a person may choose to trust, ``rack.pem`` serves the API and whoever names
    no host, ``certificates/`` holds one file for each app.
    """

    def __init__(self, directory: Path, *, domain: str, address: str) -> None:
        self._directory = directory
        self._domain = domain
        self._address = address

    def ensure(self, hosts: Iterable[str], now: datetime) -> str:
        """Make what is missing or ends soon, and return a digest of all certificates.

        A certificate stays after its last host has gone, until it ends: whoever comes back finds
        it, and its going would be a reload for nothing.
        """
        leaves = self._directory / "certificates"
        leaves.mkdir(exist_ok=True)
        key, authority = self._authority(now)
        own = [self._domain, f"*.{self._domain}", "localhost", "127.0.0.1", self._address]
        wanted = {self._directory / "rack.pem": own}
        for name in sorted({self._name(host) for host in hosts} - {self._domain}):
            is_own = name.endswith(f".{self._domain}")
            wanted[leaves / f"{name}.pem"] = [name, f"*.{name}"] if is_own else [name]
        for path, names in wanted.items():
            if not _serves(path, authority, now):
                write_atomically(path, _issue(names, key, authority, now), mode=0o600)
        for path in set(leaves.glob("*.pem")) - wanted.keys():
            if not _serves(path, authority, now):
                path.unlink()
        return _digest([self._directory / "rack.pem", *sorted(leaves.glob("*.pem"))])

    def _name(self, host: str) -> str:
        """Return what the certificate for a host is named for: its app, or itself."""
        parent = host.lower().partition(".")[2]
        is_own = parent == self._domain or parent.endswith(f".{self._domain}")
        return parent if is_own else host.lower()

    def _authority(self, now: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        certificate, key = self._directory / "ca.pem", self._directory / "ca.key"
        if certificate.exists() and key.exists():
            with contextlib.suppress(ValueError):  # What is damaged is made anew.
                held = x509.load_pem_x509_certificate(certificate.read_bytes())
                secret = load_pem_private_key(key.read_bytes(), None)
                if isinstance(secret, ec.EllipticCurvePrivateKey) and _may_sign(held, secret, now):
                    return secret, held
        secret = ec.generate_private_key(ec.SECP256R1())
        # The moment makes the name its own, so that a certificate tells which authority it is of.
        held = _found(f"{self._domain[:40]} rack {now:%Y%m%d%H%M%S}", secret, now)
        write_atomically(key, _private(secret), mode=0o600)
        write_atomically(certificate, held.public_bytes(Encoding.PEM))
        return secret, held


def _may_sign(
    certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, now: datetime
) -> bool:
    """Say whether the two belong together and outlive what they are to sign."""
    return (
        certificate.public_key() == key.public_key()
        and certificate.not_valid_after_utc > now + _LIFE
    )


def _found(name: str, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """Return the certificate of a new authority."""
    return (
        _begun(_named(name), _named(name), key.public_key(), now, _AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGNS_CERTIFICATES, critical=True)
        .sign(key, hashes.SHA256())
    )


def _issue(
    names: Sequence[str],
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    now: datetime,
) -> bytes:
    """Return a new private key and its certificate, as HAProxy reads them from one file."""
    own = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    certificate = (
        _begun(_named(names[0]), authority.subject, own.public_key(), now, _LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(_SERVES, critical=True)
        .add_extension(usage, critical=False)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return _private(own) + certificate.public_bytes(Encoding.PEM)


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _named(text: str) -> x509.Name:
    common = text[:64]  # X.520: the length of a common name
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternatives(names: Iterable[str]) -> list[x509.GeneralName]:
    return [_alternative(name) for name in dict.fromkeys(names)]


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _serves(path: Path, authority: x509.Certificate, now: datetime) -> bool:
    """Say whether the file holds a certificate of this authority that does not end soon."""
    try:
        held = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    return held.issuer == authority.subject and held.not_valid_after_utc > now + _RENEW


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
