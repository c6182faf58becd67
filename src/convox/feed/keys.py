"""Key files, and the keys that are at hand.

A private key is a PEM file ``<name>.pem``, its public half ``<name>.pub`` beside it. Which roles a
key may sign for stands in the feed's root and nowhere else, so files may lie in whatever
directories and be named as one likes: a key is known by its content. It may be locked with a
passphrase.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from convox.errors import InvalidInput, NotFound, Refused, Taken
from convox.host.files import write_atomically

_PRIVATE, _PUBLIC = ".pem", ".pub"
_NAME = "name"
_LOCKED = b"ENCRYPTED"

Unlock = Callable[[Path], bytes]
"""Returns the passphrase of a key file that is locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInHand:
    """A private key that can sign, and the file that it was read from."""

    file: Path
    signer: CryptoSigner
    passphrase: bytes | None = field(default=None, repr=False)
    """What its file is locked with."""

    @property
    def identity(self) -> str:
        """Its id, by which a root knows it."""
        return self.signer.public_key.keyid


Keyring = Mapping[str, KeyInHand]
"""The keys that are at hand, by their ids."""


def unlock_nothing(file: Path) -> bytes:
    """Unlock nothing."""
    raise Refused(f"cannot sign the feed: {file} is locked with a passphrase")


def create_keys(directory: Path, passphrases: Mapping[str, bytes | None]) -> None:
    """Make keys of these names, readable by their owner alone, locked where there is a passphrase.

    The public halves are for all to read.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = {directory / f"{name}{_PRIVATE}": each for name, each in passphrases.items()}
    for file in wanted:
        if file.exists():
            raise Taken(f"cannot create keys: {file} exists; name another directory")
    for file, passphrase in wanted.items():
        _create(file, passphrase)


def read_or_create(file: Path, like: KeyInHand) -> KeyInHand:
    """Return the key in the file; where there is none it is made, and locked as the other one."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(file, like.passphrase)
    known = () if like.passphrase is None else (like.passphrase,)
    return _read(file, unlock_nothing, known)


def read_keyring(places: Sequence[Path], unlock: Unlock) -> Keyring:
    """Read the private keys of these directories and files.

    A passphrase is asked for where none that was given before fits.
    """
    found: list[KeyInHand] = []
    for file in (file for place in places for file in _files(place)):
        known = tuple({key.passphrase for key in found if key.passphrase is not None})
        found.append(_read(file, unlock, known))
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
        raise InvalidInput(
            f"cannot add a signer: {file} is not a public key; name the .pub that"
            " `convox-feed keys new` made beside the private one"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInput(f"cannot add a signer: {file} is not an ed25519 key")
    return _named(SSlibKey.from_crypto(key), file.stem)


def name_of(key: object) -> str:
    """Return the name that a root has for a key, empty where it has none."""
    return str(getattr(key, "unrecognized_fields", {}).get(_NAME, ""))


def _create(file: Path, passphrase: bytes | None) -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    lock = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    content = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    write_atomically(file.with_suffix(_PUBLIC), public)
    write_atomically(file, content, mode=0o600)


def _files(place: Path) -> Iterator[Path]:
    files = sorted(place.glob(f"*{_PRIVATE}")) if place.is_dir() else [place]
    if not files:
        raise NotFound(f"cannot sign the feed: {place} has no keys (*{_PRIVATE}); name its keys")
    yield from files


def _read(file: Path, unlock: Unlock, known: Sequence[bytes]) -> KeyInHand:
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"cannot sign the feed: {file} is missing; name its keys") from error
    key, passphrase = _open(content, file, unlock, known)
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(f"cannot sign the feed: {file} is not an ed25519 key")
    named = _named(SSlibKey.from_crypto(key.public_key()), file.stem)
    return KeyInHand(file=file, signer=CryptoSigner(key, named), passphrase=passphrase)


def _open(
    content: bytes, file: Path, unlock: Unlock, known: Sequence[bytes]
) -> tuple[PrivateKeyTypes, bytes | None]:
    """Return the key, and the passphrase that unlocked it."""
    if _LOCKED not in content:
        try:
            return load_pem_private_key(content, None), None
        except ValueError as error:
            raise InvalidInput(
                f"cannot sign the feed: {file} is not a private key; name one that `convox-feed"
                " keys new` made"
            ) from error
    for passphrase in known:
        with contextlib.suppress(ValueError):
            return load_pem_private_key(content, passphrase), passphrase
    passphrase = unlock(file)
    try:
        return load_pem_private_key(content, passphrase), passphrase
    except ValueError as error:
        raise InvalidInput(
            f"cannot sign the feed: the passphrase does not unlock {file}; give the one that it was"
            " made with"
        ) from error


def _named(key: SSlibKey, name: str) -> SSlibKey:
    """Let the key be known by a name too; its id does not depend on that."""
    key.unrecognized_fields[_NAME] = name
    return key
