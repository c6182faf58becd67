"""Every endpoint of the API: routing and description are made from this table."""

from convox.api import (
    apps,
    builds,
    bundles,
    door,
    health,
    history,
    instances,
    legacy,
    notifications,
    processes,
    releases,
    resources,
    services,
    system,
    update_check,
    updates,
)
from convox.api.endpoint import Endpoint, SocketEndpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *door.ENDPOINTS,
    *apps.ENDPOINTS,
    *builds.ENDPOINTS,
    *releases.ENDPOINTS,
    *services.ENDPOINTS,
    *processes.ENDPOINTS,
    *resources.ENDPOINTS,
    *instances.ENDPOINTS,
    *updates.ENDPOINTS,
    *legacy.ENDPOINTS,
    *bundles.ENDPOINTS,
    *update_check.ENDPOINTS,
    *health.ENDPOINTS,
    *history.ENDPOINTS,
    *notifications.ENDPOINTS,
    *system.ENDPOINTS,
)

SOCKETS: tuple[SocketEndpoint, ...] = (
    *apps.SOCKETS,
    *builds.SOCKETS,
    *processes.SOCKETS,
    *system.SOCKETS,
)
