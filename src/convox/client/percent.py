"""Percent-encoding (RFC 3986, 2.1) and form-encoding, both ways."""

from collections.abc import Iterable, Mapping

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_DIGITS = "0123456789abcdefABCDEF"


def encode(text: str) -> str:
    """Return the text with all but letters, digits and ``-._~`` escaped."""
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in text.encode())


def decode(text: str) -> str:
    """Return the text that was escaped; a ``%`` that escapes nothing stands for itself."""
    first, *rest = text.split("%")
    found = bytearray(first.encode())
    for part in rest:
        if len(part) >= 2 and part[0] in _DIGITS and part[1] in _DIGITS:
            found += bytes.fromhex(part[:2]) + part[2:].encode()
        else:
            found += b"%" + part.encode()
    return found.decode(errors="replace")


def form(pairs: Iterable[tuple[str, str]]) -> str:
    """Return ``a=b&c=d``; blank values are kept, for they mean something."""
    return "&".join(f"{encode(key)}={encode(value)}" for key, value in pairs)


def path(*segments: str) -> str:
    """Return ``/a/b``; what has a meaning in a path is escaped within a segment."""
    return "".join(f"/{encode(segment)}" for segment in segments)


def query(values: Mapping[str, object]) -> str:
    """Return ``?a=b`` of the values that are given, else nothing."""
    given = form((key, scalar(value)) for key, value in values.items() if value is not None)
    return f"?{given}" if given else ""


def scalar(value: object) -> str:
    """Return a value as the API writes it: ``true``, a list with commas, a map as a form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return form(value.items())
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return str(value)
