"""What an app runs now: the manifest of the release that is in effect."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from convox.control import lookup
from convox.control.desired import environment
from convox.errors import NotFound
from convox.manifest.parse import parse
from convox.manifest.types import Manifest, Service
from convox.rollout import deployments
from convox.rollout.deployment import wanted_release


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A release and what it says."""

    release: str
    manifest: Manifest


def running(connection: sa.Connection, app: str) -> Running | None:
    """Return what the app should run; ``None`` where nothing."""
    lookup.app(connection, app)
    latest = deployments.latest(connection, app)
    release = wanted_release(latest) if latest else None
    if release is None:
        return None
    found = lookup.release(connection, app, release)
    manifest = parse(found.manifest, environment(found.environment))
    return Running(release=release, manifest=manifest)


def services(connection: sa.Connection, app: str) -> Mapping[str, Service]:
    """Return the services that the app should run, by name."""
    found = running(connection, app)
    return found.manifest.services if found else {}


def service(connection: sa.Connection, app: str, name: str) -> Service:
    """Return one service that the app should run."""
    known = services(connection, app)
    if name not in known:
        names = ", ".join(sorted(known)) or "nothing; deploy it first"
        raise NotFound(f"cannot find service {name}: no such service; app {app} runs {names}")
    return known[name]
