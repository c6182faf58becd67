"""Who is told of updates, what is on its way to them, and what came of each attempt."""

import sqlalchemy as sa

from convox.state.database import Instant

_metadata = sa.MetaData()

_receivers = sa.Table(
    "notice_receivers",
    _metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("form", sa.String, nullable=False),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("kinds", sa.JSON, nullable=False),
    sa.Column("secret", sa.String, nullable=False),
    sa.Column("server", sa.String, nullable=False),
    sa.Column("created", Instant, nullable=False),
)

_notices = sa.Table(
    "notices",
    _metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("time", Instant, nullable=False),
    sa.Column("rack", sa.String, nullable=False),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
)

_deliveries = sa.Table(
    "notice_deliveries",
    _metadata,
    sa.Column("notice", sa.String, primary_key=True),
    sa.Column("receiver", sa.String, primary_key=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due", Instant, nullable=False),
)

_attempts = sa.Table(
    "notice_attempts",
    _metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("time", Instant, nullable=False),
    sa.Column("notice", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("receiver", sa.String, nullable=False),
    sa.Column("result", sa.String, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("due", Instant),
)


def expand(connection: sa.Connection) -> None:
    """Add the tables; a release before does not see them."""
    _metadata.create_all(connection)
