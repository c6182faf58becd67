"""The kinds of servers that this rack can run."""

from collections.abc import Mapping

from convox.resources.kind import Kind
from convox.resources.postgres import POSTGRES
from convox.resources.redis import REDIS

KINDS: Mapping[str, Kind] = {"postgres": POSTGRES, "redis": REDIS}
