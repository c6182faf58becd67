"""What people do with instances, and which images do not boot."""

import sqlalchemy as sa

from convox.state.database import Instant

metadata = sa.MetaData()

failed_boots = sa.Table(
    "failed_boots",
    metadata,
    sa.Column("image", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("first", Instant, nullable=False),
    sa.Column("last", Instant, nullable=False),
)


def expand(connection: sa.Connection) -> None:
    """Add two columns, which the release before leaves empty, and a table it does not know."""
    connection.execute(sa.text("ALTER TABLE instances ADD COLUMN cordoned BOOLEAN"))
    connection.execute(sa.text("ALTER TABLE instances ADD COLUMN dismissed BOOLEAN"))
    metadata.create_all(connection)
