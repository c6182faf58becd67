"""Where a rack answers, and how we prove who we are."""

from typing import NamedTuple

from convox.client.percent import decode

_PORTS = {"http": 80, "https": 443}


class Endpoint(NamedTuple):
    """One rack's API.

    ``host`` is as people write it, with a port where it is not the scheme's own. ``certificate``
    (PEM) is the only one trusted, whatever name it bears; without it the machine's authorities
    decide. ``rack`` is told to the other side, which may serve several. ``patience`` is how many
    seconds without a byte are borne.
    """

    host: str
    password: str = ""
    user: str = "convox"
    scheme: str = "https"
    path: str = ""
    rack: str = ""
    certificate: str = ""
    patience: float = 300.0

    @property
    def address(self) -> tuple[str, int]:
        """The name or number to connect to, and the port."""
        name, colon, port = self.host.rpartition(":")
        if not colon or not port.isdigit():
            name, port = self.host, str(_PORTS[self.scheme])
        return name.strip("[]"), int(port)


def parse(url: str) -> Endpoint:
    """Read ``scheme://user:password@host:port/path``; ``ValueError`` where it is none."""
    scheme, mark, rest = url.partition("://")
    if not mark or scheme not in _PORTS:
        raise ValueError(f"not an http or https address: {scheme}://...")
    authority, slash, path = rest.partition("/")
    login, _, host = authority.rpartition("@")
    if not host:
        raise ValueError("the address names no host")
    user, _, password = login.partition(":")
    return Endpoint(
        host=host,
        password=decode(password),
        user=decode(user),
        scheme=scheme,
        path=(slash + path).rstrip("/"),
    )
