"""How times and versions are said. Pure."""

from datetime import UTC, datetime


def moment(time: datetime) -> str:
    """Return a time to the minute, in UTC."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}Z"
