"""What an app can ask for, and where it finds it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote

from convox.errors import InvalidInput

ADDRESS = "127.0.0.1"
"""Where every server listens, and nowhere else."""

_URLS = {
    "postgres": f"postgres://app:{{password}}@{ADDRESS}:{{port}}/app",
    "redis": f"redis://:{{password}}@{ADDRESS}:{{port}}/0",
}
_OPTIONS = {
    "postgres": {
        "class": "accepted, and has no meaning on one machine",
        "storage": "accepted; the disk is the limit",
        "version": "the major version that its data begins with, such as 16",
    },
    "redis": {},
}


class ResourceStatus(StrEnum):
    """What is seen of a resource's server."""

    RUNNING = "running"
    """It answers those who know the password."""
    STARTING = "starting"
    """It runs and does not answer yet."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSpec:
    """A resource as it is to be. Its server listens on ``port``."""

    app: str
    name: str
    type: str
    port: int
    password: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What a person calls it."""
        return f"resource {self.name} of app {self.app}"


def url(spec: ResourceSpec) -> str:
    """Return the address that an app is given."""
    return _URLS[spec.type].format(password=quote(spec.password, safe=""), port=spec.port)


def check_resource(name: str, kind: str, options: Mapping[str, str]) -> None:
    """Fail with ``InvalidInput`` unless this rack can run such a resource."""
    if kind not in _URLS:
        known = " and ".join(sorted(_URLS))
        raise InvalidInput(
            f"cannot run resource '{name}': this rack has no type '{kind}'; it has {known}"
        )
    for option in sorted(options):
        if option not in _OPTIONS[kind]:
            known = ", ".join(sorted(_OPTIONS[kind])) or "none"
            raise InvalidInput(
                f"cannot run resource '{name}': {kind} has no option '{option}'; known: {known}"
            )
    version = options.get("version", "1").partition(".")[0]
    if not (version.isascii() and version.isdigit()):
        raise InvalidInput(f"cannot run resource '{name}': its version must be a number")
