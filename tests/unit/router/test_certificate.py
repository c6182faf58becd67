"""The certificates that a rack makes for itself."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from convox.router.certificate import Certificates

NOW = datetime(2026, 1, 15, 13, 0, tzinfo=UTC)
WEB = "web.hello.dev.localhost"


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path, domain="dev.localhost", address="10.0.0.7")


def names(path: Path) -> set[str]:
    held = x509.load_pem_x509_certificate(path.read_bytes())
    extension = held.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return {str(name.value) for name in extension.value}


def test_the_rack_itself_is_reached_by_its_names_and_addresses(certificates, tmp_path):
    certificates.ensure([], NOW)
    expected = {"dev.localhost", "*.dev.localhost", "localhost", "127.0.0.1", "10.0.0.7"}
    assert names(tmp_path / "rack.pem") == expected


def test_every_app_has_a_certificate_for_all_its_services(certificates, tmp_path):
    certificates.ensure([WEB, "api.hello.dev.localhost"], NOW)
    (only,) = (tmp_path / "certificates").iterdir()
    assert names(only) == {"hello.dev.localhost", "*.hello.dev.localhost"}


def test_a_host_of_somebody_elses_domain_has_one_for_itself(certificates, tmp_path):
    certificates.ensure(["shop.example.com", "dev.localhost"], NOW)
    (only,) = (tmp_path / "certificates").iterdir()
    assert names(only) == {"shop.example.com"}


def test_clients_that_trust_the_authority_accept_what_it_issued(certificates, tmp_path):
    certificates.ensure([WEB], datetime.now(UTC))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(tmp_path / "certificates" / "hello.dev.localhost.pem")
    client = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    assert shake_hands(client, server, WEB)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(client, server, "web.other.dev.localhost")


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> bool:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(3):
        waiting = [end for end in ends if not is_done(end)]
    return waiting == []


def is_done(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def test_nothing_changes_when_everything_is_there(certificates):
    first = certificates.ensure([WEB], NOW)
    assert certificates.ensure([WEB], NOW + timedelta(days=300)) == first


def test_a_certificate_stays_until_it_ends_when_its_app_has_gone(certificates, tmp_path):
    first = certificates.ensure([WEB], NOW)
    assert certificates.ensure([], NOW + timedelta(days=300)) == first
    assert certificates.ensure([], NOW + timedelta(days=340)) != first
    assert list((tmp_path / "certificates").iterdir()) == []


def test_a_certificate_is_renewed_a_month_before_it_ends(certificates, tmp_path):
    first = certificates.ensure([WEB], NOW)
    later = NOW + timedelta(days=340)
    assert certificates.ensure([WEB], later) != first
    held = x509.load_pem_x509_certificate((tmp_path / "rack.pem").read_bytes())
    assert held.not_valid_after_utc == later + timedelta(days=365)


def test_the_authority_stays_for_years_and_then_everything_is_issued_anew(certificates, tmp_path):
    certificates.ensure([WEB], NOW)
    authority = (tmp_path / "ca.pem").read_bytes()
    certificates.ensure([WEB], NOW + timedelta(days=3200))
    assert (tmp_path / "ca.pem").read_bytes() == authority
    certificates.ensure([WEB], NOW + timedelta(days=3400))
    assert (tmp_path / "ca.pem").read_bytes() != authority
    held = x509.load_pem_x509_certificate((tmp_path / "rack.pem").read_bytes())
    held.verify_directly_issued_by(
        x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    )


def test_nobody_else_may_read_the_keys(certificates, tmp_path):
    certificates.ensure([WEB], NOW)
    secret = [tmp_path / "ca.key", tmp_path / "rack.pem", *(tmp_path / "certificates").iterdir()]
    assert {path.stat().st_mode & 0o777 for path in secret} == {0o600}


@pytest.mark.parametrize("name", ["ca.pem", "ca.key", "rack.pem"])
def test_what_is_damaged_is_made_anew(name, certificates, tmp_path):
    certificates.ensure([WEB], NOW)
    (tmp_path / name).write_text("-----BEGIN")
    certificates.ensure([WEB], NOW + timedelta(days=1))
    authority = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    for leaf in (tmp_path / "rack.pem", *(tmp_path / "certificates").iterdir()):
        x509.load_pem_x509_certificate(leaf.read_bytes()).verify_directly_issued_by(authority)
