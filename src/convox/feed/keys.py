"""Key files, and the keys that are at hand.

A private key is a PEM file ``<name>.pem``, its public half ``<name>.pub`` beside it. Which roles a
key may sign for stands in the feed's root and nowhere else, so files may lie in whatever
directories and be named as one likes: a key is known by its content.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from convox.errors import InvalidInput, NotFound, Taken
from convox.host.files import write_atomically

_PRIVATE, _PUBLIC = ".pem", ".pub"
_NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInHand:
    """A private key that can sign, and the file that it was read from."""

    file: Path
    signer: CryptoSigner

    @property
    def identity(self) -> str:
        """Its id, by which a root knows it."""
        return self.signer.public_key.keyid


Keyring = Mapping[str, KeyInHand]
"""The keys that are at hand, by their ids."""


def create_keys(directory: Path, names: Iterable[str]) -> None:
    """Make keys of these names, the private ones readable by their owner alone."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = [directory / f"{name}{_PRIVATE}" for name in names]
    for file in wanted:
        if file.exists():
            raise Taken(f"cannot create keys: {file} exists; name another directory")
    for file in wanted:
        _create(file)


def read_or_create(file: Path) -> KeyInHand:
    """Return the key in the file, which is made when it is not there."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(file)
    return _read(file)


def read_keyring(places: Sequence[Path]) -> Keyring:
    """Read the private keys of these directories and files."""
    found = [_read(file) for place in places for file in _files(place)]
    return {key.identity: key for key in found}


def read_public(file: Path) -> SSlibKey:
    """Return the public key in a file, named as the file is."""
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"cannot add a signer: {file} is missing; name its public key") from error
    if b"PRIVATE KEY" in content:
        raise InvalidInput(
            f"cannot add a signer: {file} is a private key, which stays where it is; name the"
            f" public one beside it, {file.stem}{_PUBLIC}"
        )
    try:
        key = load_pem_public_key(content)
    except ValueError as error:
        raise InvalidInput(f"cannot add a signer: {file} is not a public key: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInput(f"cannot add a signer: {file} is not an ed25519 key")
    return _named(SSlibKey.from_crypto(key), file.stem)


def name_of(key: object) -> str:
    """Return the name that a root has for a key, empty where it has none."""
    return str(getattr(key, "unrecognized_fields", {}).get(_NAME, ""))


def _create(file: Path) -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_atomically(file.with_suffix(_PUBLIC), public)
    write_atomically(file, CryptoSigner(private).private_bytes, mode=0o600)


def _files(place: Path) -> Iterator[Path]:
    files = sorted(place.glob(f"*{_PRIVATE}")) if place.is_dir() else [place]
    if not files:
        raise NotFound(f"cannot sign the feed: {place} has no keys (*{_PRIVATE}); name its keys")
    yield from files


def _read(file: Path) -> KeyInHand:
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except FileNotFoundError as error:
        raise NotFound(f"cannot sign the feed: {file} is missing; name its keys") from error
    except ValueError as error:
        raise InvalidInput(f"cannot sign the feed: {file} is not a key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(f"cannot sign the feed: {file} is not an ed25519 key")
    named = _named(SSlibKey.from_crypto(key.public_key()), file.stem)
    return KeyInHand(file=file, signer=CryptoSigner(key, named))


def _named(key: SSlibKey, name: str) -> SSlibKey:
    """Let the key be known by a name too; its id does not depend on that."""
    key.unrecognized_fields[_NAME] = name
    return key
