"""Names for new things, as something that is passed in."""

import random
import string
from typing import Protocol


class IdSource(Protocol):
    """Where new ids come from."""

    def new(self, alphabet: str, length: int) -> str:
        """Return a fresh random word of ``length`` letters of ``alphabet``."""
        ...


class RandomIds:
    """Ids from the machine's entropy."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def new(self, alphabet: str, length: int) -> str:
        return "".join(self._random.choices(alphabet, k=length))


def build_id(ids: IdSource) -> str:
    """Return ``B`` and ten capital letters, as Convox names builds."""
    return "B" + ids.new(string.ascii_uppercase, 10)


def release_id(ids: IdSource) -> str:
    """Return ``R`` and ten capital letters, as Convox names releases."""
    return "R" + ids.new(string.ascii_uppercase, 10)


def process_id(ids: IdSource, service: str) -> str:
    """Return the service's name and six letters or digits."""
    return f"{service}-{ids.new(string.ascii_lowercase + string.digits, 6)}"


def instance_id(ids: IdSource) -> str:
    """Return ``i-`` and eight hexadecimal digits."""
    return "i-" + ids.new("0123456789abcdef", 8)


def password(ids: IdSource) -> str:
    """Return thirty letters and digits.

    Convox clients send a password in its percent-encoded form, so no other character is used.
    """
    return ids.new(string.ascii_letters + string.digits, 30)
