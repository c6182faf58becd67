"""Who asked for an update, whether its end was seen, and the plans that people were shown."""

import sqlalchemy as sa

from convox.state.database import Instant

_shown_plans = sa.Table(
    "shown_plans",
    sa.MetaData(),
    sa.Column("hash", sa.String, primary_key=True),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("created", Instant, nullable=False),
)


def expand(connection: sa.Connection) -> None:
    """Add columns with what holds for updates that were made before."""
    false = "FALSE" if connection.dialect.name == "postgresql" else "0"
    for column in (
        "asked_by VARCHAR NOT NULL DEFAULT ''",
        f"acknowledged BOOLEAN NOT NULL DEFAULT {false}",
    ):
        connection.exec_driver_sql(f"ALTER TABLE updates ADD COLUMN {column}")
    _shown_plans.create(connection)
