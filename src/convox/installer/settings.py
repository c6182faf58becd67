"""What a person wants of a new rack, as ``Key=Value``; a path is one from where they are."""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from convox.control.parameters import PARAMETERS
from convox.errors import InvalidInput
from convox.feed.document import check_version
from convox.feed.mirrors import parse_mirrors
from convox.host.download import is_web
from convox.installer.places import check_name

_SQLITE = "sqlite"
_PARAMETER = "a parameter of the rack ({}), can be changed later"
_DOMAIN = re.compile(
    r"(?=.{1,200}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")  # useradd(8)

HELP: Mapping[str, str] = {
    "Feed": "addresses or folders of the feed of rack releases, tried in turn; has to be given",
    "FeedRoot": "file with the feed's root, which all trust begins with (what the feed shows)",
    "Version": "the release to install (the newest)",
    "Listen": "IPv4 address to listen on, 0.0.0.0 for all (127.0.0.1)",
    "HttpPort": "port of apps over HTTP (80 for root, else 8080)",
    "HttpsPort": "port of apps over HTTPS (443 for root, else 8443)",
    "ApiPort": "port of the rack's API (5443)",
    "Domain": "host names of services end so (NAME.localhost)",
    "Database": "sqlite, or the URL of an empty database, postgresql://... (sqlite)",
    "AppUser": "whom apps run as when the rack is root's; made where there is none (convox)",
    **{key: _PARAMETER.format(known.default or "none") for key, known in PARAMETERS.items()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings after defaults; ``parameters`` are the rack's own.

    ``feed_root`` and ``version`` are ``None`` where the feed decides, ``database`` where it is a
    file in the rack's home, ``app_user`` where apps run as the rack's own user.
    """

    name: str
    feed: str
    feed_root: Path | None
    version: str | None
    listen: str
    ports: Mapping[str, int]
    """By ``HttpPort``, ``HttpsPort`` and ``ApiPort``."""
    domain: str
    database: str | None
    app_user: str | None
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse(name: str, words: Iterable[str], *, uid: int) -> Settings:
    """Return the settings of a rack that the user of this id installs.

    ``InvalidInput`` names the one that is wrong, and what it may be.
    """
    check_name(name)
    given = _pairs(words)
    if not parse_mirrors(given.get("Feed", "")):
        raise InvalidInput(
            "cannot install a rack without releases: say where they are with Feed=ADDRESS"
        )
    ports = {"HttpPort": 80, "HttpsPort": 443, "ApiPort": 5443}
    if uid != 0:
        ports |= {"HttpPort": 8080, "HttpsPort": 8443}
    return Settings(
        name=name,
        feed=_feed(given["Feed"]),
        feed_root=Path(given["FeedRoot"]).absolute() if "FeedRoot" in given else None,
        version=check_version(given["Version"]) if "Version" in given else None,
        listen=_address(given.get("Listen", "127.0.0.1")),
        ports=_ports({key: _port(key, given.get(key, str(port))) for key, port in ports.items()}),
        domain=_matching(_DOMAIN, "Domain", given.get("Domain", f"{name}.localhost").lower()),
        database=_database(given.get("Database", _SQLITE)),
        app_user=_matching(_USER, "AppUser", given.get("AppUser", "convox")) if uid == 0 else None,
        parameters={key: _parameter(key, given[key]) for key in PARAMETERS if key in given},
    )


def _pairs(words: Iterable[str]) -> Mapping[str, str]:
    given = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise InvalidInput(f"cannot read {word!r}: a setting is Key=Value")
        if key not in HELP:
            raise InvalidInput(f"cannot set {key}: there is {', '.join(HELP)}")
        given[key] = value
    return given


def _feed(value: str) -> str:
    return ", ".join(map(_mirror, parse_mirrors(value)))


def _mirror(value: str) -> str:
    return value if is_web(value) else str(Path(value.removeprefix("file://")).absolute())


def _address(value: str) -> str:
    try:
        return str(ipaddress.IPv4Address(value))
    except ValueError:
        raise InvalidInput(f"cannot listen on {value!r}: it is not an IPv4 address") from None


def _port(key: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
        raise InvalidInput(f"cannot set {key} to {value!r}: a port is a number from 1 to 65535")
    return int(value)


def _ports(ports: Mapping[str, int]) -> Mapping[str, int]:
    counts = Counter(ports.values())
    same = [key for key, port in ports.items() if counts[port] > 1]
    if same:
        raise InvalidInput(f"cannot listen: {' and '.join(same)} are the same port")
    return ports


def _matching(form: re.Pattern[str], key: str, value: str) -> str:
    if not form.fullmatch(value):
        raise InvalidInput(f"cannot set {key} to {value[:60]!r}: it has not the form of one")
    return value


def _database(value: str) -> str | None:
    if value == _SQLITE:
        return None
    if not value.startswith("postgresql://"):
        raise InvalidInput("cannot use that Database: say sqlite or postgresql://...")
    return value


def _parameter(key: str, value: str) -> str:
    objection = PARAMETERS[key].objection(value)
    if objection:
        raise InvalidInput(f"cannot set {key} to {value[:60]!r}: {objection}")
    return value
